//! The image most tests use, made once.

use std::sync::{LazyLock, Mutex, MutexGuard};

use testkit::Image;

/// A program name that would be markup if a page were careless.
pub(crate) const HOSTILE_NAME: &str = "<img src=x onerror=alert(1)>";

static IMAGE: LazyLock<Mutex<Image>> = LazyLock::new(|| {
    testkit::remove_leftovers();
    let path = testkit::repository_root().join("rules/tests/image.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let links: Vec<String> = serde_saphyr::from_str(&text).unwrap();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    // Always the same name, so that a run that was killed leaves one image at most.
    Mutex::new(Image::import("quaywatch-test-tools", &links, &[&format!("/bin/{HOSTILE_NAME}")]))
});

/// The image.
pub(crate) fn image() -> MutexGuard<'static, Image> {
    IMAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Its name.
pub(crate) fn image_name() -> String {
    image().name().to_owned()
}
