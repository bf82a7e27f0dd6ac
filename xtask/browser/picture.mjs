// The picture can be moved and opened.

export async function picture() {}
