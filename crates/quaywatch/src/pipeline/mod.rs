//! The flow: `detect` is the sensor's half (kernel event to spooled alert), `forward` the way
//! to the hub, `serve` the hub's half (received alert to query and page).

mod audit;
mod detect;
mod forward;
mod identity;
mod losses;
mod own_lines;
mod reload;
mod sensor_process;
mod serve;
mod state_log;
mod store_routes;
mod watch;

pub(crate) use sensor_process::{SensorEnd, run as run_sensor};
pub(crate) use serve::{folders as hub_folders, run as run_hub, store_config};
pub(crate) use state_log::StateLog;
