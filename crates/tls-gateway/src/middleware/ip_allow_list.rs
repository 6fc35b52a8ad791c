//! `ipAllowList`: lets only some addresses in.

use http::{Request, StatusCode};

use super::{
    Answer, Layer, Next,
    build::Workshop,
    source::{AddressChoice, range_of},
};
use crate::{address::AddressRange, body::Body, dynamic, exchange::Exchange};

pub(super) struct IpAllowList {
    ranges: Vec<AddressRange>,
    choice: AddressChoice,
    status: StatusCode,
}

impl IpAllowList {
    pub(super) fn build(
        settings: &dynamic::IpAllowList,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if settings.source_range.is_empty() {
            return Err("ipAllowList has no sourceRange: nobody could pass".to_owned());
        }
        let status = if settings.reject_status_code == 0 { 403 } else { settings.reject_status_code };
        let layer = IpAllowList {
            ranges: settings.source_range.iter().map(|range| range_of(range)).collect::<Result<_, _>>()?,
            choice: AddressChoice::build(settings.ip_strategy.as_ref())?,
            status: StatusCode::from_u16(status).map_err(|_| format!("{status} is no status"))?,
        };
        Ok((layer, Vec::new()))
    }
}

impl Layer for IpAllowList {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let address = self.choice.address(&request, exchange);
            if address.is_some_and(|address| self.ranges.iter().any(|range| range.contains(address))) {
                return next.run(request, exchange).await;
            }
            exchange.refuse(self.status, "address")
        })
    }

    fn is_guard(&self) -> bool {
        true
    }
}
