//! Lists that never move what they have. A vector that grows is copied and exists twice meanwhile, and an eighth to a half
//! of it is unused: of a million URLs, that would be as much as the URLs themselves.

/// Values of a chunk. Ours: a chunk is a few KiB.
const VALUES: usize = 256;

/// Bytes of a chunk of texts. Ours: much longer than a text, so that little is unused at its end.
const BYTES: usize = 1 << TEXT_BITS;
const TEXT_BITS: u32 = 15;

/// Bytes of a text's length.
const LENGTH: usize = size_of::<u16>();

/// Values by their numbers from 0.
#[derive(Debug)]
pub(super) struct Chunks<T>(Vec<Vec<T>>);

impl<T> Default for Chunks<T> {
    fn default() -> Chunks<T> {
        Chunks(Vec::new())
    }
}

impl<T> Chunks<T> {
    pub(super) fn len(&self) -> usize {
        let last = self.0.last().map_or(0, Vec::len);
        self.0.len().saturating_sub(1) * VALUES + last
    }

    /// Adds a value. Returns its number.
    pub(super) fn push(&mut self, value: T) -> u32 {
        let number = self.len() as u32;
        match self.0.last_mut().filter(|chunk| chunk.len() < VALUES) {
            Some(chunk) => chunk.push(value),
            None => {
                let mut chunk = Vec::with_capacity(VALUES);
                chunk.push(value);
                self.0.push(chunk);
            }
        }
        number
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.0.get(number / VALUES)?.get(number % VALUES)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let number = number as usize;
        self.0.get_mut(number / VALUES)?.get_mut(number % VALUES)
    }

    /// Returns the values in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

/// Texts in chunks, each text behind its length.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<Vec<u8>>);

impl Texts {
    /// Adds a text, cut to the size of a chunk. Returns its chunk and its offset there, packed into one number.
    pub(super) fn push(&mut self, text: &[u8]) -> u32 {
        let text = &text[..text.len().min(BYTES - LENGTH)];
        let has_room = |chunk: &Vec<u8>| chunk.len() + LENGTH + text.len() <= BYTES;
        if !self.0.last().is_some_and(has_room) {
            self.0.push(Vec::with_capacity(BYTES));
        }
        let number = self.0.len().saturating_sub(1);
        let chunk = &mut self.0[number];
        let place = number << TEXT_BITS | chunk.len();
        chunk.extend((text.len() as u16).to_le_bytes());
        chunk.extend_from_slice(text);
        place as u32
    }

    /// Returns whether the packed number of a further text might not fit 32 bits.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= (u32::MAX >> TEXT_BITS) as usize
    }

    pub(super) fn get(&self, place: u32) -> &[u8] {
        let chunk = self.0.get((place >> TEXT_BITS) as usize);
        let text = chunk.and_then(|chunk| chunk.get(place as usize % BYTES..));
        let length = text.and_then(<[u8]>::split_first_chunk);
        length.map_or(&[], |(length, text)| {
            &text[..usize::from(u16::from_le_bytes(*length)).min(text.len())]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_texts_are_where_they_were_put() {
        let (mut values, mut texts) = (Chunks::default(), Texts::default());
        let text = |number: u32| "x".repeat(number as usize % 3_000) + &number.to_string();
        let places: Vec<u32> = (0..1_000)
            .map(|number| {
                assert_eq!(values.push(number * 2), number);
                texts.push(text(number).as_bytes())
            })
            .collect();
        assert_eq!(values.len(), 1_000);
        assert!(
            values
                .iter()
                .copied()
                .eq((0..1_000).map(|number| number * 2))
        );
        for (number, place) in (0..1_000).zip(places) {
            assert_eq!(values.get(number), Some(&(number * 2)));
            assert_eq!(texts.get(place), text(number).as_bytes());
        }
        assert_eq!(values.get(1_000), None);
        let long = texts.push("y".repeat(100_000).as_bytes());
        assert_eq!(texts.get(long).len(), BYTES - LENGTH);
    }
}
