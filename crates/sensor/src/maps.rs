//! The pinned maps, opened and typed. Values cross as bytes: their layout is `kernel_probes::abi`.

use std::path::{Path, PathBuf};

use aya::maps::{Array, Map, MapData, PerCpuArray};
use kernel_probes::abi;

use crate::StartError;

pub(crate) const CONFIG_BYTES: usize = size_of::<abi::Config>();
pub(crate) const INTEREST_BYTES: usize = size_of::<abi::Interest>();
pub(crate) const NUMBERS_BYTES: usize = size_of::<abi::Numbers>();
pub(crate) const PREFIXES_BYTES: usize = size_of::<abi::Prefixes>();
pub(crate) const STATE_WORDS: usize = size_of::<abi::State>() / size_of::<u64>();
pub(crate) const COUNTER_WORDS: usize = size_of::<abi::Counters>() / size_of::<u64>();

/// Everything the sensor writes and reads, beside the ring.
pub(crate) struct Maps {
    pub(crate) config: Array<MapData, [u8; CONFIG_BYTES]>,
    pub(crate) interest: Array<MapData, [u8; INTEREST_BYTES]>,
    pub(crate) prefixes: Array<MapData, [u8; PREFIXES_BYTES]>,
    pub(crate) counters: PerCpuArray<MapData, [u64; COUNTER_WORDS]>,
    pub(crate) state: Array<MapData, [u64; STATE_WORDS]>,
    pub(crate) ring: MapData,
}

impl Maps {
    /// Opens the pins in `dir`.
    ///
    /// # Errors
    /// `Map` naming the first pin that is missing or has another shape.
    pub(crate) fn open(dir: &Path) -> Result<Self, StartError> {
        Ok(Maps {
            config: typed(dir, "config")?,
            interest: typed(dir, "interest")?,
            prefixes: typed(dir, "prefixes")?,
            counters: typed(dir, "counters")?,
            state: typed(dir, "state")?,
            ring: MapData::from_pin(dir.join("ring")).map_err(|error| map_error(dir, "ring", error))?,
        })
    }

    /// The state of whoever made the pins, if all of it is there.
    pub(crate) fn read_state(&self) -> Option<abi::State> {
        let [abi_hash, epoch, losses_reported, ring_bytes] = self.state.get(&0, 0).ok()?;
        Some(abi::State { abi_hash, epoch, losses_reported, ring_bytes })
    }
}

/// The words of map `state`.
pub(crate) fn state_words(state: &abi::State) -> [u64; STATE_WORDS] {
    [state.abi_hash, state.epoch, state.losses_reported, state.ring_bytes]
}

fn typed<T>(dir: &Path, name: &'static str) -> Result<T, StartError>
where
    T: TryFrom<Map, Error = aya::maps::MapError>,
{
    MapData::from_pin(dir.join(name))
        .and_then(Map::from_map_data)
        .and_then(T::try_from)
        .map_err(|error| map_error(dir, name, error))
}

pub(crate) fn map_error(
    dir: &Path,
    name: &str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> StartError {
    StartError::Map { name: name.into(), dir: PathBuf::from(dir), source: Box::new(source) }
}
