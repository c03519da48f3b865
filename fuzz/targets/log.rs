#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatecrawl_fuzz::log::check(bytes));
