//! Sets of rows as words of bits, thin ones without their empty words.

/// Rows in a block, and blocks in a stretch.
pub(super) const WIDTH: usize = 64;

/// A set of rows: for each block the rows in it, for each stretch the blocks that have any.
#[derive(Debug, Clone, Hash)]
pub(super) struct Rows {
    words: Words,
    /// For each stretch, which of its blocks have a row.
    blocks: Vec<u64>,
}

#[derive(Debug, Clone, Hash)]
enum Words {
    /// A word for every block.
    All(Vec<u64>),
    /// The words that are not empty, by block: for sets so thin that the rest would be most of the memory.
    Few(Vec<(u32, u64)>),
}

impl Rows {
    /// The set of these rows, which come in their order.
    pub(super) fn of(rows: &[u32], blocks: usize) -> Self {
        let mut few: Vec<(u32, u64)> = Vec::new();
        for row in rows {
            let (block, bit) = (row / 64, 1 << (row % 64));
            match few.last_mut() {
                Some((last, word)) if *last == block => *word |= bit,
                _ => few.push((block, bit)),
            }
        }
        let mut summary = vec![0_u64; blocks.div_ceil(WIDTH)];
        for (block, _) in &few {
            set(&mut summary, *block as usize);
        }
        let words = if few.len() * 4 < blocks {
            Words::Few(few)
        } else {
            let mut all = vec![0_u64; blocks];
            for (block, word) in few {
                all.get_mut(block as usize).into_iter().for_each(|of_block| *of_block = word);
            }
            Words::All(all)
        };
        Self { words, blocks: summary }
    }

    /// The rows of a block.
    #[inline]
    pub(super) fn word(&self, block: usize) -> u64 {
        match &self.words {
            Words::All(all) => all.get(block).copied().unwrap_or_default(),
            Words::Few(few) => few
                .binary_search_by_key(&block, |(block, _)| *block as usize)
                .ok()
                .and_then(|at| few.get(at))
                .map_or(0, |(_, word)| *word),
        }
    }

    /// The blocks of a stretch that have a row.
    #[inline]
    pub(super) fn blocks(&self, stretch: usize) -> u64 {
        self.blocks.get(stretch).copied().unwrap_or_default()
    }
}

/// Puts a member into a set of bits.
pub(super) fn set(words: &mut [u64], at: usize) {
    if let Some(word) = words.get_mut(at / WIDTH) {
        *word |= 1 << (at % WIDTH);
    }
}

/// Takes a member out of it.
pub(super) fn clear(words: &mut [u64], at: usize) {
    if let Some(word) = words.get_mut(at / WIDTH) {
        *word &= !(1 << (at % WIDTH));
    }
}

/// The members of a word, the smallest first.
pub(super) fn members(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = word.trailing_zeros() as usize;
        (word != 0).then(|| {
            word &= word - 1;
            next
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thin_and_thick_sets_have_the_same_members() {
        for step in [1_u32, 3, 64, 65, 1_000] {
            let rows: Vec<u32> = (0..10_000).filter(|row| row % step == 0).collect();
            let set = Rows::of(&rows, 10_000_usize.div_ceil(WIDTH));
            let mut found = Vec::new();
            for block in 0..157 {
                let word = set.word(block);
                assert_eq!(set.blocks(block / 64) >> (block % 64) & 1 == 1, word != 0, "{step} {block}");
                found.extend(members(word).map(|row| u32::try_from(block * 64 + row).unwrap()));
            }
            assert_eq!(found, rows, "{step}");
            assert_eq!((set.word(157), set.blocks(3)), (0, 0));
        }
    }
}
