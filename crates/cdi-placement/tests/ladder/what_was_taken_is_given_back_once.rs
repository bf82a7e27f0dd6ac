use cdi_placement::{Fleet, Taken};

fn twice(fleet: &mut Fleet, taken: Taken) {
    let _ = fleet.give_back(taken);
    let _ = fleet.give_back(taken);
}

fn main() {
    let _ = twice;
}
