#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synrecv_fuzz::ticket(input));
