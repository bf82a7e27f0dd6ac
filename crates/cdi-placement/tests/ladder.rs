//! The ladder is held by the compiler: no rung can be made but by the function below it, none can be used twice, and
//! unverified data cannot be taken for verified.

#[test]
fn no_rung_can_be_skipped_made_up_or_used_twice() {
    trybuild::TestCases::new().compile_fail("tests/ladder/*.rs");
}
