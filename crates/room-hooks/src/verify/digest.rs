use data_encoding::HEXLOWER_PERMISSIVE;

use crate::Refusal;

/// Decodes a digest of `N` bytes from hex in either case. Any other text is a wrong signature.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], Refusal> {
    let mut digest = [0; N];
    if text.len() != 2 * N {
        return Err(Refusal::WrongSignature);
    }
    match HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut digest) {
        Ok(_) => Ok(digest),
        Err(_) => Err(Refusal::WrongSignature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_either_case_and_the_right_length_is_read() {
        assert_eq!(from_hex("0aFf"), Ok([0x0a, 0xff]));
        for hex in ["", "0", "0a", "0aF", "0affe", "0aff00", "0ag0", "0a f", "０ａｆｆ"] {
            assert_eq!(from_hex::<2>(hex), Err(Refusal::WrongSignature), "{hex:?}");
        }
    }
}
