//! Parquet's DELTA_BINARY_PACKED for 64-bit integers: blocks of 128 in four miniblocks.

use crate::codec::{Cursor, Malformed, put_signed, put_varint};

const BLOCK: usize = 128;
const MINIBLOCKS: usize = 4;
const MINIBLOCK: usize = BLOCK / MINIBLOCKS;

pub(super) fn encode(values: &[i64], out: &mut Vec<u8>) {
    put_varint(out, BLOCK as u64);
    put_varint(out, MINIBLOCKS as u64);
    put_varint(out, values.len() as u64);
    put_signed(out, values.first().copied().unwrap_or(0));
    let deltas: Vec<i64> = values
        .windows(2)
        .map(|pair| match pair {
            [a, b] => b.wrapping_sub(*a),
            _ => 0,
        })
        .collect();
    for block in deltas.chunks(BLOCK) {
        let least = block.iter().copied().min().unwrap_or(0);
        put_signed(out, least);
        let width = |mini: &[i64]| {
            let most = mini.iter().fold(0u64, |most, delta| most | delta.wrapping_sub(least) as u64);
            64 - most.leading_zeros()
        };
        let minis: Vec<&[i64]> = block.chunks(MINIBLOCK).collect();
        for number in 0..MINIBLOCKS {
            out.push(minis.get(number).map_or(0, |mini| width(mini) as u8));
        }
        for mini in minis {
            pack(mini.iter().map(|delta| delta.wrapping_sub(least) as u64), width(mini), out);
        }
    }
}

/// A whole miniblock: missing values are zeros.
fn pack(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let (mut bits, mut held) = (0u128, 0);
    for value in values.chain(std::iter::repeat(0)).take(MINIBLOCK) {
        bits |= u128::from(value) << held;
        held += width;
        while held >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
}

pub(super) fn decode(bytes: &[u8], out: &mut Vec<i64>) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(bytes);
    let bad = Malformed("packed integers are not as this release packs them");
    if cursor.varint()? != BLOCK as u64 || cursor.varint()? != MINIBLOCKS as u64 {
        return Err(bad);
    }
    let mut left = usize::try_from(cursor.varint()?).map_err(|_| bad)?;
    if left > bytes.len().saturating_mul(BLOCK) + 1 {
        return Err(bad);
    }
    let mut value = cursor.signed()?;
    if left == 0 {
        return Ok(());
    }
    out.reserve(left);
    out.push(value);
    left -= 1;
    while left > 0 {
        let least = cursor.signed()?;
        let widths = cursor.bytes(MINIBLOCKS)?;
        for &width in widths {
            if left == 0 {
                break;
            }
            if width > 64 {
                return Err(bad);
            }
            let width = u32::from(width);
            let packed = cursor.bytes(MINIBLOCK / 8 * width as usize)?;
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            let (mut bits, mut held) = (0u128, 0);
            let mut words = packed.chunks(8);
            for _ in 0..MINIBLOCK.min(left) {
                if held < width {
                    let mut word = [0; 8];
                    let read = words.next().unwrap_or(&[]);
                    word.iter_mut().zip(read).for_each(|(to, from)| *to = *from);
                    bits |= u128::from(u64::from_le_bytes(word)) << held;
                    held += 64;
                }
                let delta = bits as u64 & mask;
                bits >>= width;
                held -= width;
                value = value.wrapping_add(least).wrapping_add(delta as i64);
                out.push(value);
            }
            left -= MINIBLOCK.min(left);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[i64]) {
        let mut bytes = Vec::new();
        encode(values, &mut bytes);
        let mut found = Vec::new();
        decode(&bytes, &mut found).unwrap();
        assert_eq!(found, values);
        for cut in 0..bytes.len().min(40) {
            let _ = decode(&bytes[..cut], &mut Vec::new());
        }
    }

    #[test]
    fn integers_come_back() {
        check(&[]);
        check(&[7]);
        check(&[i64::MIN, i64::MAX, 0, -1, i64::MAX]);
        check(&(0..1000).map(|n| n * 86_400_000 + n * n % 7919).collect::<Vec<i64>>());
        check(&[5; 300]);
    }
}
