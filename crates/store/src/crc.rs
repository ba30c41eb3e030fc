//! CRC-32C (Castagnoli), with the processor's help: finds torn writes, not attackers.

/// Checksum of the bytes.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3720, B.4, and the usual check value.
    #[test]
    fn published_checksums() {
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&rising), 0x46dd_794e);
        assert_eq!(crc32c(b""), 0);
    }

    /// Bit by bit, as RFC 3720 defines it, at every length that a processor's path may begin with.
    #[test]
    fn every_length_agrees_with_the_definition() {
        let bytes: Vec<u8> = (0..1_200u32).map(|at| ((at * at) >> 3) as u8).collect();
        let mut crc = !0u32;
        for (length, byte) in bytes.iter().enumerate() {
            assert_eq!(crc32c(&bytes[..length]), !crc, "{length} bytes");
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82f6_3b78);
            }
        }
    }
}
