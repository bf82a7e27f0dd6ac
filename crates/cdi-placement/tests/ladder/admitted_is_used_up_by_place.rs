use cdi_placement::place;
use cdi_policy::Admitted;

fn twice(admitted: Admitted) {
    let _ = place(admitted, None);
    let _ = place(admitted, None);
}

fn main() {
    let _ = twice;
}
