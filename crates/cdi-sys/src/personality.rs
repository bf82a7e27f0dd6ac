//! What kind of system the kernel plays for this process (personality(2)).

/// The personality of this process, which its children inherit: 0 if the kernel plays nothing.
#[must_use]
pub fn personality() -> u32 {
    const ASK: libc::c_ulong = 0xffff_ffff;
    // SAFETY: personality(2): all ones only ask for the present value.
    #[expect(unsafe_code, reason = "there is no safe call")]
    let told = unsafe { libc::personality(ASK) };
    told.cast_unsigned()
}
