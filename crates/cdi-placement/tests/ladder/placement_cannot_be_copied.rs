use cdi_placement::Placement;

fn copy(placement: &Placement) -> Placement {
    placement.clone()
}

fn main() {
    let _ = copy;
}
