//! Embeds `ui/dist`: every file as it is and, where that saves bytes, gzipped; with its content
//! type and an ETag of its content.
//!
//! Never runs npm and never touches the network: `./x build` makes `ui/dist` first. With
//! `QUAYWATCH_SKIP_UI=1` a plain page that says so is embedded instead, for work on the Rust side.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use sha2::{Digest as _, Sha256};

const PLAIN_PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Quaywatch</title>\
<h1>The page was not built</h1><p>This quaywatch was compiled with QUAYWATCH_SKIP_UI=1. Run ./x build \
to get one with the page. The API under /api works.</p></html>";

fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed=QUAYWATCH_SKIP_UI");
    println!("cargo::rerun-if-changed=ui/dist");
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn embed() -> io::Result<()> {
    let variable = |name| env::var_os(name).ok_or_else(|| io::Error::other(format!("no {name}")));
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let skipped = env::var_os("QUAYWATCH_SKIP_UI").is_some_and(|value| value == "1");
    let dist = if skipped {
        let plain = out.join("plain");
        fs::create_dir_all(&plain)?;
        fs::write(plain.join("index.html"), PLAIN_PAGE)?;
        plain
    } else {
        root.join("ui/dist")
    };
    if !dist.join("index.html").is_file() {
        return Err(io::Error::other(
            "the page is not built (crates/web-ui/ui/dist/index.html is missing): run ./x build, \
             or set QUAYWATCH_SKIP_UI=1 to compile without the page",
        ));
    }
    let mut files = Vec::new();
    collect(&dist, &dist, &mut files)?;
    files.sort();
    let mut code = format!("/// Whether the real page is embedded.\npub const BUILT: bool = {};\n", !skipped);
    code.push_str("static ASSETS: &[Asset] = &[\n");
    for (index, path) in files.iter().enumerate() {
        code.push_str(&entry(&dist, path, &out.join(format!("{index}.gz")))?);
    }
    code.push_str("];\n");
    fs::write(out.join("assets.rs"), code)
}

/// Paths of all files, relative to `root`, with `/`.
fn collect(root: &Path, dir: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for found in fs::read_dir(dir)? {
        let path = found?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

fn entry(dist: &Path, path: &str, gzip_path: &Path) -> io::Result<String> {
    let file = dist.join(path);
    let bytes = fs::read(&file)?;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&bytes)?;
    let gzip = encoder.finish()?;
    let smaller = gzip.len() + 64 < bytes.len();
    let gzip_code = if smaller {
        fs::write(gzip_path, &gzip)?;
        format!("Some(include_bytes!({gzip_path:?}))")
    } else {
        "None".to_owned()
    };
    let mut etag = String::new();
    for byte in Sha256::digest(&bytes).iter().take(12) {
        let _ = write!(etag, "{byte:02x}");
    }
    // Vite puts a hash of the content into the names below assets/.
    let immutable = path.starts_with("assets/");
    Ok(format!(
        "Asset {{ path: {path:?}, content_type: {:?}, etag: \"\\\"{etag}\\\"\", immutable: {immutable}, \
         body: include_bytes!({file:?}), gzip: {gzip_code} }},\n",
        content_type(path)
    ))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
