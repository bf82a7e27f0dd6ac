//! Every mutant of a source file in one text: each stands beside what it replaces, and a number chosen when the program
//! runs says which of them is on. So thousands of mutants cost one build.
//!
//! What cannot be chosen when the program runs, as in constants, is left out; whoever calls is told. Functions are `const` no more, but for
//! those that constants call.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proc_macro2::LineColumn;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::list::{Kind, Mutant};

/// Between such marks stands what is one mutant's: the compiler's messages are put down to it by them.
pub(crate) const BEGIN: &str = "/*mutant:";
pub(crate) const END: &str = "/*:mutant*/";

/// Where a function gives back an iterator of its own type, the empty one is made of that.
const EMPTY: &str = "::std::iter::empty()";

/// A file with its mutants, and what was left out of it.
#[derive(Debug)]
pub(crate) struct Woven {
    pub(crate) text: String,
    /// No compiler takes these: `||` beside a pattern that binds.
    pub(crate) unviable: Vec<usize>,
    /// These stand where nothing can be chosen when the program runs.
    pub(crate) left: Vec<usize>,
}

/// The file with all of these mutants in it.
pub(crate) fn weave(source: &str, mutants: &[&Mutant], constant: &BTreeSet<String>) -> Result<Woven, String> {
    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    let lines = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let text = Text { source, lines };
    let wanted = |mutant: &&Mutant| {
        let [from, to] = [mutant.from, mutant.to].map(|(line, column)| text.offset(line, column));
        let replacement = mutant.replacement.clone();
        (mutant.number, Wanted { kind: mutant.kind, at: from..to, replacement, opaque: mutant.opaque })
    };
    let wanted = mutants.iter().map(wanted).collect();
    let mut weaver =
        Weaver { text, wanted, edits: Vec::new(), unviable: Vec::new(), called: constant, constant: 0 };
    weaver.visit_file(&file);
    let left = weaver.wanted.keys().copied().collect();
    Ok(Woven { text: weaver.woven(), unviable: weaver.unviable, left })
}

/// The source, by lines and columns.
struct Text<'a> {
    source: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Text<'_> {
    /// The byte at a line and a column that are counted from 1.
    fn offset(&self, line: usize, column: usize) -> usize {
        let begins = self.lines.get(line - 1).copied().unwrap_or_default();
        let rest = self.slice(begins..self.source.len());
        begins + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
    }

    fn range(&self, node: &impl Spanned) -> Range<usize> {
        let place = |at: LineColumn| self.offset(at.line, at.column + 1);
        let span = node.span();
        place(span.start())..place(span.end())
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.source.get(range).unwrap_or_default()
    }

    /// The whole, with another text in place of a part.
    fn replaced(&self, whole: &Range<usize>, part: &Range<usize>, with: &str) -> String {
        format!("{}{with}{}", self.slice(whole.start..part.start), self.slice(part.end..whole.end))
    }
}

/// A mutant that has not been found in the source yet.
struct Wanted {
    kind: Kind,
    at: Range<usize>,
    replacement: String,
    opaque: bool,
}

/// Something that is put into the text.
struct Edit {
    at: usize,
    /// How long that is around which it stands: of two at one place, the longer begins first and ends last.
    around: usize,
    ends: bool,
    text: String,
}

struct Weaver<'a> {
    text: Text<'a>,
    wanted: BTreeMap<usize, Wanted>,
    edits: Vec<Edit>,
    unviable: Vec<usize>,
    /// The names of functions that constants call.
    called: &'a BTreeSet<String>,
    /// In how many constants the visitor is.
    constant: usize,
}

impl Weaver<'_> {
    /// Takes what is wanted of this kind at this place.
    fn take(&mut self, kind: Kind, fits: impl Fn(&Range<usize>) -> bool) -> Vec<(usize, Wanted)> {
        if self.constant > 0 {
            return Vec::new();
        }
        self.wanted.extract_if(.., |_, wanted| wanted.kind == kind && fits(&wanted.at)).collect()
    }

    fn surround(&mut self, range: &Range<usize>, before: String, after: String) {
        let around = range.len();
        self.edits.push(Edit { at: range.start, around, ends: false, text: before });
        self.edits.push(Edit { at: range.end, around, ends: true, text: after });
    }

    /// An expression, or one of others in its place. The original comes first: the others must have its type.
    fn choose(&mut self, range: &Range<usize>, others: &[(usize, String)]) {
        let Some(((last, last_text), init)) = others.split_last() else { return };
        let off: Vec<String> = others.iter().map(|(number, _)| off(*number)).collect();
        let mut after = "}".to_owned();
        for (number, text) in init {
            after += &format!(" else if !{} {{{}}}", self::off(*number), marked(*number, text));
        }
        after += &format!(" else {{{}}})", marked(*last, last_text));
        self.surround(range, format!("(if {} {{", off.join(" && ")), after);
    }

    fn woven(&self) -> String {
        let mut edits: Vec<(isize, &Edit)> = (0..).zip(&self.edits).collect();
        edits.sort_by_key(|(nth, edit)| {
            let outermost_first = (-edit.around.cast_signed(), *nth);
            let (around, nth) = if edit.ends { (-outermost_first.0, -nth) } else { outermost_first };
            (edit.at, !edit.ends, around, nth)
        });
        let (mut text, mut done) = (String::new(), 0);
        for (_, edit) in edits {
            text += self.text.slice(done..edit.at);
            text += &edit.text;
            done = edit.at;
        }
        text + self.text.slice(done..self.text.source.len())
    }

    /// The mutants of an operation and of the operations that are its operands, each as the whole: with another
    /// operator the operands may group in another way.
    fn operators(
        &mut self,
        operation: &syn::ExprBinary,
        whole: &Range<usize>,
        others: &mut Vec<(usize, String)>,
    ) {
        for operand in [&operation.left, &operation.right] {
            if let syn::Expr::Binary(operand) = &**operand {
                self.operators(operand, whole, others);
            }
        }
        let operator = self.text.range(&operation.op);
        for (number, wanted) in self.take(Kind::BinaryOperator, |at| *at == operator) {
            others.push((number, self.text.replaced(whole, &operator, &wanted.replacement)));
        }
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) -> bool {
        let constant = signature.constness.is_some() && self.called.contains(&signature.ident.to_string());
        self.constant += usize::from(constant);
        if let (Some(word), false) = (&signature.constness, constant) {
            let word = self.text.range(word);
            self.surround(&word, "/*".to_owned(), "*/".to_owned());
        }
        let (Some(first), Some(last)) = (block.stmts.first(), block.stmts.last()) else { return constant };
        let body = self.text.range(first).start..self.text.range(last).end;
        let [open, close] = [block.brace_token.span.open(), block.brace_token.span.close()];
        let inside = self.text.range(&open).end..self.text.range(&close).start;
        let mut none = Vec::new();
        for (number, wanted) in self.take(Kind::FnValue, |at| *at == body) {
            if !wanted.opaque {
                let text = marked(number, &format!("return {};", wanted.replacement));
                let text = format!(" if !{} {{{text}}}", off(number));
                self.edits.push(Edit { at: inside.start, around: usize::MAX >> 1, ends: false, text });
            } else if wanted.replacement == EMPTY {
                none.push(off(number));
            } else {
                self.wanted.insert(number, wanted);
            }
        }
        if let [none] = none.as_slice() {
            let take = format!("}}).take(if {none} {{ usize::MAX }} else {{ 0 }}) ");
            self.surround(&inside, "({".to_owned(), take);
        }
        constant
    }
}

/// That a mutant is not on.
fn off(number: usize) -> String {
    format!("crate::mutant_switch::off({number})")
}

fn marked(number: usize, text: &str) -> String {
    format!("\n{BEGIN}{number}*/{text}\n{END}\n")
}

/// Whether patterns bind beside this operation: it cannot be put into parentheses.
fn binds(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}

/// Whether a pattern takes all there is: `_`, or a name that begins as those of variables do.
fn takes_all(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        syn::Pat::Ident(name) => name.ident.to_string().starts_with(|first: char| first.is_lowercase()),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Weaver<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let constant = self.body(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
        self.constant -= usize::from(constant);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let constant = self.body(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
        self.constant -= usize::from(constant);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant += 1;
        visit::visit_item_const(self, item);
        self.constant -= 1;
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant += 1;
        visit::visit_impl_item_const(self, item);
        self.constant -= 1;
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant += 1;
        visit::visit_item_static(self, item);
        self.constant -= 1;
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.constant += 1;
        visit::visit_type_array(self, array);
        self.constant -= 1;
    }

    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
        self.constant += 1;
        self.visit_expr(&repeat.len);
        self.constant -= 1;
    }

    fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
        self.constant += 1;
        visit::visit_pat(self, pattern);
        self.constant -= 1;
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let range = self.text.range(binary);
        if binds(&binary.left) || binds(&binary.right) {
            let operator = self.text.range(&binary.op);
            let taken = self.take(Kind::BinaryOperator, |at| *at == operator);
            self.unviable.extend(taken.into_iter().map(|(number, _)| number));
        } else {
            // Those of the operands are taken here too: nothing is left for their own visits.
            let mut others = Vec::new();
            self.operators(binary, &range, &mut others);
            self.choose(&range, &others);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let (range, operator) = (self.text.range(unary), self.text.range(&unary.op));
        let taken = self.take(Kind::UnaryOperator, |at| at.start == operator.start).into_iter();
        let others: Vec<_> =
            taken.map(|(number, _)| (number, self.text.replaced(&range, &operator, ""))).collect();
        self.choose(&range, &others);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        let range = self.text.range(expression);
        let mut others = Vec::new();
        for pair in expression.fields.pairs() {
            let field = self.text.range(*pair.value());
            let end = pair.punct().map_or(field.end, |comma| self.text.range(comma).end);
            for (number, _) in self.take(Kind::StructField, |at| at.start == field.start) {
                others.push((number, self.text.replaced(&range, &(field.start..end), "")));
            }
        }
        self.choose(&range, &others);
        visit::visit_expr_struct(self, expression);
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        if !expression.arms.iter().any(|arm| arm.guard.is_none() && takes_all(&arm.pat)) {
            // Each arm without a guard is needed: without it some value would match none.
            for arm in expression.arms.iter().filter(|arm| arm.guard.is_none()) {
                let pattern = self.text.range(&arm.pat);
                let taken = self.take(Kind::MatchArm, |at| at.start == pattern.start);
                self.unviable.extend(taken.into_iter().map(|(number, _)| number));
            }
        }
        visit::visit_expr_match(self, expression);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let pattern = self.text.range(&arm.pat);
        let gone = self.take(Kind::MatchArm, |at| at.start == pattern.start);
        let gone: Vec<String> = gone.into_iter().map(|(number, _)| off(number)).collect();
        match &arm.guard {
            Some((_, guard)) => {
                let range = self.text.range(guard);
                let taken = self.take(Kind::MatchArmGuard, |at| *at == range);
                if binds(guard) {
                    self.unviable.extend(taken.into_iter().map(|(number, _)| number));
                } else {
                    let others: Vec<_> =
                        taken.into_iter().map(|(number, wanted)| (number, wanted.replacement)).collect();
                    self.choose(&range, &others);
                }
                if let [gone] = gone.as_slice() {
                    let (before, after) = if binds(guard) { ("", "") } else { ("(", ")") };
                    let (text, around) = (format!("{gone} && {before}"), range.len() + 1);
                    self.edits.push(Edit { at: range.start, around, ends: false, text });
                    self.edits.push(Edit { at: range.end, around, ends: true, text: after.to_owned() });
                }
            }
            None => {
                if let [gone] = gone.as_slice() {
                    let text = format!(" if {gone}");
                    self.edits.push(Edit { at: pattern.end, around: usize::MAX >> 1, ends: true, text });
                }
            }
        }
        visit::visit_arm(self, arm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(number: usize, kind: Kind, replacement: &str, line: usize, columns: Range<usize>) -> Mutant {
        Mutant {
            number,
            package: String::new(),
            file: String::new(),
            name: String::new(),
            kind,
            replacement: replacement.to_owned(),
            opaque: false,
            from: (line, columns.start),
            to: (line, columns.end),
        }
    }

    /// What comes out, on one line and without the marks; and what is unviable and left.
    fn woven(source: &str, mutants: &[Mutant]) -> (String, Vec<usize>, Vec<usize>) {
        let woven =
            weave(source, &mutants.iter().collect::<Vec<_>>(), &BTreeSet::from(["called".to_owned()]))
                .unwrap_or_else(|error| panic!("{error}"));
        let lines = woven.text.replace("crate::mutant_switch::", "");
        let lines: Vec<&str> =
            lines.lines().map(|line| line.split_once("*/").map_or(line, |(_, rest)| rest)).collect();
        (lines.concat(), woven.unviable, woven.left)
    }

    #[test]
    fn each_mutant_stands_beside_what_it_replaces() {
        let source = "fn f() -> bool { a - b * c == !d }";
        let mutants = [
            mutant(1, Kind::FnValue, "true", 1, 18..33),
            mutant(2, Kind::BinaryOperator, "+", 1, 24..25),
            mutant(3, Kind::BinaryOperator, "!=", 1, 28..30),
            mutant(4, Kind::UnaryOperator, "", 1, 31..32),
        ];
        // The whole operation is repeated: `a - b + c` is not `a - (b + c)`.
        let expected = "fn f() -> bool { if !off(1) {return true;} (if off(2) && off(3) {a - b * c == \
            (if off(4) {!d} else {d})} else if !off(2) {a - b + c == !d} else {a - b * c != !d}) }";
        assert_eq!(woven(source, &mutants), (expected.to_owned(), vec![], vec![]));
    }

    #[test]
    fn an_iterator_of_its_own_type_is_cut_short() {
        let source = "fn f() -> impl Iterator<Item = u8> { a.iter() }";
        let mutants =
            [EMPTY, "::std::iter::once(1)"].map(|iterator| mutant(1, Kind::FnValue, iterator, 1, 38..46));
        let [empty, one] = mutants.map(|mutant| Mutant { opaque: true, ..mutant });
        let expected =
            "fn f() -> impl Iterator<Item = u8> {({ a.iter() }).take(if off(1) { usize::MAX } else { 0 }) }";
        assert_eq!(woven(source, &[empty]), (expected.to_owned(), vec![], vec![]));
        assert_eq!(woven(source, &[one]), (source.to_owned(), vec![], vec![1]));
    }

    #[test]
    fn an_arm_goes_by_its_guard() {
        let source = "fn f() { match x { A => 1, B if c || d => 2, _ => 3 } }";
        let mutants = [
            mutant(1, Kind::MatchArm, "", 1, 20..26),
            mutant(2, Kind::MatchArm, "", 1, 28..44),
            mutant(3, Kind::MatchArmGuard, "true", 1, 33..39),
        ];
        let expected = "fn f() { match x { A if off(1) => 1, B if off(2) && ((if off(3) {c || d} else {true})) => 2, \
            _ => 3 } }";
        assert_eq!(woven(source, &mutants), (expected.to_owned(), vec![], vec![]));
        let needed = "fn f() { match x { A => 1, B => 2 } }";
        let mutants = [mutant(1, Kind::MatchArm, "", 1, 20..26)];
        assert_eq!(woven(needed, &mutants), (needed.to_owned(), vec![1], vec![]));
    }

    #[test]
    fn a_field_goes_with_its_comma() {
        let source = "fn f() { S { a: 1, ..s } }";
        let mutants = [mutant(1, Kind::StructField, "", 1, 14..18)];
        let expected = "fn f() { (if off(1) {S { a: 1, ..s }} else {S {  ..s }}) }";
        assert_eq!(woven(source, &mutants), (expected.to_owned(), vec![], vec![]));
    }

    #[test]
    fn what_cannot_be_chosen_is_left_as_it_is() {
        let source = "const N: u8 = 1 << 2;\nconst fn called() -> u8 { 1 }\nfn g() { if let P = x && y {} }";
        let mutants = [
            mutant(1, Kind::BinaryOperator, ">>", 1, 17..19),
            mutant(2, Kind::FnValue, "0", 2, 27..28),
            mutant(3, Kind::BinaryOperator, "||", 3, 23..25),
        ];
        assert_eq!(woven(source, &mutants), (source.replace('\n', ""), vec![3], vec![1, 2]));
    }
}
