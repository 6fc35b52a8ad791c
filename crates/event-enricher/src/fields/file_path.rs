//! `fs.path.*`: the paths that a call names.

use event::{FieldId, ParamType, Value, field_id as id};

use crate::{Enriched, descriptor::is_open};

use super::owned;

pub(super) fn extract<'s>(e: &'s Enriched<'_>, field: FieldId) -> Option<Value<'s>> {
    let (params, raw): (&[&str], bool) = match field {
        id::FS_PATH_NAME => (NAMES, false),
        id::FS_PATH_NAMERAW => (NAMES, true),
        id::FS_PATH_SOURCE => (SOURCES, false),
        id::FS_PATH_SOURCERAW => (SOURCES, true),
        id::FS_PATH_TARGET => (TARGETS, false),
        id::FS_PATH_TARGETRAW => (TARGETS, true),
        _ => return None,
    };
    let definition = e.event.definition()?;
    // Calls about files; `name` or `path` of other calls are not theirs.
    if !definition.categories.contains(&"EC_FILE") {
        return None;
    }
    let param = definition.params.iter().find(|param| params.contains(&param.name))?;
    let is_symlink_target = param.name == "target";
    let is_path = matches!(param.param_type, ParamType::Fspath | ParamType::Fsrelpath) || is_symlink_target;
    let text = e.event.text_param(param.name).filter(|text| is_path && !text.is_empty())?;
    if raw {
        return Some(Value::text(text));
    }
    if is_open(e.event.code) {
        return Some(Value::text(&e.descriptor()?.name));
    }
    let directory = param
        .relative_to_param
        .and_then(|directory| e.event.number_param(definition.params.get(usize::from(directory))?.name));
    Some(owned(e.absolute(text, directory, None).into_owned()))
}

/// Of calls with one path.
const NAMES: &[&str] = &["filename", "name", "path", "pathname"];
/// Of calls with two: what there was.
const SOURCES: &[&str] = &["oldpath", "target"];
/// And what there will be.
const TARGETS: &[&str] = &["linkpath", "newpath"];
