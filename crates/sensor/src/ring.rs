//! Reader of the BPF ring buffer over its memory maps.
//!
//! Why our own: space may only be given back when the alerts of its events are on disk, and every
//! event needs its position. Layout (linux/kernel/bpf/ringbuf.c): page 0 holds the consumer's
//! position and is the only one we write; page 1 the producer's; then the data, mapped twice in a
//! row so that a record never wraps. A record is a header of 8 bytes (length with two flag bits,
//! page offset) and its bytes, aligned to 8.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    ptr::NonNull,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use rustix::event::epoll;

const HEADER_BYTES: u64 = 8;
const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;

/// One ring, mapped.
#[derive(Debug)]
pub(crate) struct Ring {
    consumer: Mapping,
    producer: Mapping,
    page: usize,
    bytes: u64,
    /// Next position to read; the published one lags behind it until `release`.
    next: u64,
    epoll: OwnedFd,
}

/// What stands at the next position.
pub(crate) enum Next<'r> {
    /// Nothing yet, or a record that is still being written.
    Nothing,
    /// A record that its writer gave up.
    Discarded,
    /// A record and its position.
    Record(u64, &'r [u8]),
}

impl Ring {
    /// Maps the ring with this descriptor, to be read from where its last reader released it.
    pub(crate) fn map(fd: BorrowedFd<'_>, bytes: u32) -> io::Result<Self> {
        let page = rustix::param::page_size();
        let length = usize::try_from(bytes).map_err(io::Error::other)?;
        let consumer = Mapping::new(fd, 0, page, libc::PROT_READ | libc::PROT_WRITE)?;
        let producer = Mapping::new(fd, page, page + 2 * length, libc::PROT_READ)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, fd, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
        let mut ring = Ring { consumer, producer, page, bytes: u64::from(bytes), next: 0, epoll };
        ring.next = ring.consumer.position().load(Ordering::Acquire);
        Ok(ring)
    }

    /// Whether some record has not been read.
    pub(crate) fn has_unread(&self) -> bool {
        self.producer.position().load(Ordering::Acquire) != self.next
    }

    /// Whether everything read has been released too.
    pub(crate) fn is_released(&self) -> bool {
        self.consumer.position().load(Ordering::Relaxed) == self.next
    }

    /// Bytes that wait to be read or released.
    pub(crate) fn used_bytes(&self) -> u64 {
        let produced = self.producer.position().load(Ordering::Acquire);
        produced.saturating_sub(self.consumer.position().load(Ordering::Relaxed))
    }

    /// The next record; it stays valid until `release`.
    pub(crate) fn read(&mut self) -> Next<'_> {
        let position = self.next;
        // Acquire: what the producer wrote before it moved its position must be seen.
        if self.producer.position().load(Ordering::Acquire) == position {
            return Next::Nothing;
        }
        let Ok(offset) = usize::try_from(position & (self.bytes - 1)) else { return Next::Nothing };
        let header = self.producer.at::<AtomicU32>(self.page + offset);
        // Acquire: the record's bytes were written before its busy bit was cleared.
        let word = header.load(Ordering::Acquire);
        if word & BUSY != 0 {
            return Next::Nothing;
        }
        let length = word & !(BUSY | DISCARDED);
        self.next = position + (u64::from(length) + HEADER_BYTES).next_multiple_of(8);
        if word & DISCARDED != 0 {
            return Next::Discarded;
        }
        let start = self.page + offset + HEADER_BYTES as usize;
        Next::Record(position, self.producer.slice(start, length as usize))
    }

    /// Gives the space of everything read back to the producers.
    pub(crate) fn release(&mut self) {
        // Release: our reads of the records must be done before they may be overwritten.
        self.consumer.position().store(self.next, Ordering::Release);
    }

    /// Waits until the kernel reports unreleased bytes.
    pub(crate) fn wait(&self, timeout: Duration) -> io::Result<()> {
        let timeout = rustix::time::Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut events = [const { std::mem::MaybeUninit::uninit() }; 1];
        match epoll::wait(&self.epoll, &mut events, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Readable when there are unreleased bytes.
    pub(crate) fn event_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// A piece of the ring in our memory.
#[derive(Debug)]
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(fd: BorrowedFd<'_>, offset: usize, length: usize, protection: i32) -> io::Result<Self> {
        let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: a new mapping at an address the kernel chooses; nothing of ours is replaced.
        let address = unsafe {
            libc::mmap(std::ptr::null_mut(), length, protection, libc::MAP_SHARED, fd.as_raw_fd(), offset)
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(address.cast()).ok_or_else(|| io::Error::other("mapped at zero"))?;
        Ok(Mapping { start, length })
    }

    /// The position at the start of the mapping (consumer's or producer's page).
    fn position(&self) -> &AtomicU64 {
        self.at(0)
    }

    /// The atomic at `offset`; offsets beyond the mapping give the first one.
    fn at<Atomic>(&self, offset: usize) -> &Atomic {
        let fits = offset.checked_add(size_of::<Atomic>()).is_some_and(|end| end <= self.length);
        let offset = if fits && offset.is_multiple_of(align_of::<Atomic>()) { offset } else { 0 };
        // SAFETY: the offset is inside the mapping and aligned (the mapping starts on a page);
        // the memory lives as long as self; only atomics, valid for any bits, are asked for, and
        // the kernel changes these words atomically too.
        unsafe { self.start.add(offset).cast::<Atomic>().as_ref() }
    }

    /// `length` bytes at `offset`; empty when they are not inside the mapping.
    fn slice(&self, offset: usize, length: usize) -> &[u8] {
        if offset.checked_add(length).is_none_or(|end| end > self.length) {
            return &[];
        }
        // SAFETY: inside the mapping, which lives as long as self. The kernel does not write to
        // a committed record before the consumer's position passes it, and `Ring::release` takes
        // `&mut`, so no slice is alive then.
        unsafe { std::slice::from_raw_parts(self.start.add(offset).as_ptr(), length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped, and no reference into it outlives self.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
