    // Which mutant of this crate is on: 0 for none, while those that are asked about are written down.
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

    const UNASKED: usize = usize::MAX;
    const NONE: usize = usize::MAX - 1;
    const LISTENING: usize = 0;
    static ON: AtomicUsize = AtomicUsize::new(UNASKED);
    static MET: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];

    #[inline]
    pub(crate) fn off(number: usize) -> bool {
        let on = ON.load(Relaxed);
        if on == LISTENING || on == UNASKED { asked(number) } else { on != number }
    }

    #[cold]
    fn asked(number: usize) -> bool {
        if ON.load(Relaxed) == UNASKED {
            let said = std::env::var("CDI_MUTANT").ok().and_then(|text| text.parse().ok());
            let listening = std::env::var_os("CDI_MUTANTS_MET").is_some();
            ON.store(if listening { LISTENING } else { said.unwrap_or(NONE) }, Relaxed);
        }
        let on = ON.load(Relaxed);
        if on == LISTENING && !MET[number].swap(true, Relaxed) {
            use std::io::Write as _;
            if let Some(path) = std::env::var_os("CDI_MUTANTS_MET") {
                if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path) {
                    let _ = file.write_all(format!("{number}\n").as_bytes());
                }
            }
        }
        on != number
    }

    /// Switches one on, or all off.
    pub fn choose(number: Option<usize>) {
        ON.store(number.unwrap_or(NONE), Relaxed);
    }

    /// Switches all off, and begins to write down which are asked about.
    pub fn listen() {
        MET.iter().for_each(|met| met.store(false, Relaxed));
        ON.store(LISTENING, Relaxed);
    }

    /// Which have been asked about.
    pub fn met() -> Vec<usize> {
        (0..MET.len()).filter(|number| MET[*number].load(Relaxed)).collect()
    }
