//! Which execution environment closes what the code left open.
