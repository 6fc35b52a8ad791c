//! What one scan has decoded of one segment and will need again: dictionaries, templates, the
//! rows that pass its text tests. Lives as long as the scan keeps the file open.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    column::Decoder,
    line::{FieldSpan, Template, TemplateUse},
};
use crate::{
    codec::{Cursor, Malformed},
    limits::{PAGE_BYTES_MAX, TEMPLATES_MAX},
    rows::Texts,
};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    pub(super) decoder: Option<Decoder>,
    /// Dictionaries by the offset of their page.
    pub(super) dictionaries: HashMap<u64, Arc<Texts>>,
    /// The same with JSON escapes; absent where that changes nothing.
    pub(super) escaped: HashMap<u64, Option<Arc<Texts>>>,
    pub(super) templates: Option<Arc<Vec<TemplateUse>>>,
    /// A bit per row that passes the tests of the scan.
    pub(super) passing: Option<Arc<Vec<bool>>>,
}

/// A segment's templates, kept as long as the segment is live; of the first segments only that
/// were asked for them, so that a long history does not stay in memory.
#[derive(Debug, Default)]
pub(crate) struct KeptTemplates(OnceLock<Arc<Vec<TemplateUse>>>);

/// Segments that keep them: about 40 kB each.
const KEPT_MAX: usize = 512;
static KEPT: AtomicUsize = AtomicUsize::new(0);

impl KeptTemplates {
    pub(super) fn get(&self) -> Option<Arc<Vec<TemplateUse>>> {
        self.0.get().cloned()
    }

    pub(super) fn keep(&self, templates: &Arc<Vec<TemplateUse>>) {
        let is_new =
            KEPT.fetch_add(1, Ordering::Relaxed) < KEPT_MAX && self.0.set(Arc::clone(templates)).is_ok();
        if !is_new {
            KEPT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for KeptTemplates {
    fn drop(&mut self) {
        if self.0.get().is_some() {
            KEPT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// By the bytes they have in a file.
type Known = HashMap<Box<[u8]>, Weak<Template>>;

/// Templates of all segments: most have the same ones, so each is kept once.
static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();

/// Weak entries that may be dead before they are swept.
const KNOWN_MAX: usize = 4096;

fn known(bytes: &[u8]) -> Result<Arc<Template>, Malformed> {
    let known = KNOWN.get_or_init(Mutex::default);
    // A panic elsewhere leaves the map as good as it was.
    let mut known = known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(template) = known.get(bytes).and_then(Weak::upgrade) {
        return Ok(template);
    }
    let template = Template::decode(&mut Cursor::new(bytes))?;
    if known.len() >= KNOWN_MAX && known.len().is_power_of_two() {
        known.retain(|_, template| template.strong_count() > 0);
    }
    known.insert(bytes.into(), Arc::downgrade(&template));
    Ok(template)
}

/// The templates of a segment; template 0 is the whole line and not among them.
pub(super) fn decode_templates(packed: &[u8]) -> Result<Vec<TemplateUse>, Malformed> {
    let (length, packed) = packed.split_first_chunk::<4>().ok_or(Malformed("the templates are cut short"))?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > PAGE_BYTES_MAX {
        return Err(Malformed("the templates are larger than the format allows"));
    }
    let raw =
        zstd::bulk::decompress(packed, length).map_err(|_| Malformed("the templates do not decompress"))?;
    let mut cursor = Cursor::new(&raw);
    let count = cursor.count()?;
    if count > TEMPLATES_MAX {
        return Err(Malformed("a segment has too many templates"));
    }
    let narrow = |value: u64| u32::try_from(value).map_err(|_| Malformed("a number is too large"));
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let length = cursor.count()?;
        let template = known(cursor.bytes(length)?)?;
        let count = cursor.count()?;
        let columns: Result<Vec<u32>, Malformed> = (0..count).map(|_| narrow(cursor.varint()?)).collect();
        let count = cursor.count()?;
        let spans: Result<Vec<FieldSpan>, Malformed> = (0..count)
            .map(|_| {
                let name = cursor.text()?.into();
                Ok(FieldSpan { name, from: narrow(cursor.varint()?)?, to: narrow(cursor.varint()?)? })
            })
            .collect();
        all.push(TemplateUse { template, columns: columns?, spans: spans? });
    }
    Ok(all)
}
