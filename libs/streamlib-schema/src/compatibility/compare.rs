//! The comparison of two schemas, part by part.

use std::collections::{BTreeMap, BTreeSet};

use super::scalar;
use super::{Change, Level};
use crate::schema::{Form, Node, Properties, Schema};

/// Every difference, by place.
pub(super) fn compare(old: &Schema, new: &Schema) -> Vec<Change> {
    let mut walk = Walk { old, new, path: vec![], changes: vec![], seen: BTreeSet::new() };
    walk.nodes(old.root(), new.root());
    let mut changes = walk.changes;
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

struct Walk<'s> {
    old: &'s Schema,
    new: &'s Schema,
    path: Vec<String>,
    changes: Vec<Change>,
    /// Pairs that are compared already: what is found in a definition is told at one place, and
    /// references may lead in circles.
    seen: BTreeSet<(*const Node, *const Node)>,
}

/// A part with its references followed.
struct Part<'s> {
    node: &'s Node,
    nullable: bool,
}

impl<'s> Part<'s> {
    /// `None` only for a node that is not of this schema.
    fn of(schema: &'s Schema, mut node: &'s Node) -> Option<Self> {
        let mut nullable = node.nullable;
        while let Form::Ref(name) = &node.form {
            node = schema.definitions().get(name)?;
            nullable |= node.nullable;
        }
        Some(Self { node, nullable: nullable || node.form == Form::Empty })
    }
}

impl<'s> Walk<'s> {
    fn tell(&mut self, what: impl Into<String>, new_reads_old: bool, old_reads_new: bool) {
        let level = if new_reads_old && old_reads_new { Level::Minor } else { Level::Major };
        let path = self.path.clone();
        self.changes.push(Change { path, what: what.into(), new_reads_old, old_reads_new, level });
    }

    fn wording(&mut self, what: impl Into<String>) {
        self.tell(what, true, true);
        if let Some(last) = self.changes.last_mut() {
            last.level = Level::Patch;
        }
    }

    fn under(&mut self, token: impl Into<String>, compare: impl FnOnce(&mut Self)) {
        self.path.push(token.into());
        compare(self);
        self.path.pop();
    }

    fn nodes(&mut self, old: &'s Node, new: &'s Node) {
        self.notes(old, new);
        let (Some(old), Some(new)) = (Part::of(self.old, old), Part::of(self.new, new)) else {
            return;
        };
        match (old.nullable, new.nullable) {
            // What takes any value takes `null` too; that is told of the form.
            _ if old.node.form == Form::Empty || new.node.form == Form::Empty => {}
            (false, true) => self.tell("may be null now", true, false),
            (true, false) => self.tell("must not be null any more", false, true),
            (false, false) | (true, true) => {}
        }
        self.forms(old.node, new.node);
    }

    fn notes(&mut self, old: &Node, new: &Node) {
        let (old, new) = (&old.notes, &new.notes);
        match (old.unit.as_str(), new.unit.as_str()) {
            (before, after) if before == after => {}
            ("", unit) => self.wording(format!("says its unit, {unit}")),
            (unit, "") => self.wording(format!("does not say its unit any more, {unit}")),
            (before, after) => {
                let what = format!("was in {before}, is in {after}: the same number means another");
                self.tell(what, false, false);
            }
        }
        if old.default != new.default {
            let text = |default: &Option<serde_json::Value>| {
                default.as_ref().map_or_else(|| "not said".to_owned(), ToString::to_string)
            };
            let (before, after) = (text(&old.default), text(&new.default));
            self.tell(
                format!("the value where none is given was {before}, is {after}"),
                true,
                true,
            );
        }
        if old.description != new.description {
            self.wording("the description changed");
        }
    }

    fn forms(&mut self, old: &'s Node, new: &'s Node) {
        match (&old.form, &new.form) {
            (Form::Elements { of: old_of, length: was }, Form::Elements { of, length }) => {
                if was != length {
                    let what = match (was, length) {
                        (Some(was), Some(is)) => format!("had {was} elements, has {is}"),
                        (Some(was), None) => format!("had {was} elements, has any number"),
                        (None, Some(is)) => format!("had any number of elements, has {is}"),
                        (None, None) => String::new(),
                    };
                    self.tell(what, length.is_none(), was.is_none());
                }
                self.once(old, new, |walk| walk.under("*", |walk| walk.nodes(old_of, of)));
            }
            (Form::Values(old_of), Form::Values(of)) => {
                self.once(old, new, |walk| walk.under("*", |walk| walk.nodes(old_of, of)));
            }
            (Form::Properties(before), Form::Properties(after)) => {
                self.once(old, new, |walk| walk.properties(before, after));
            }
            (
                Form::Discriminator { tag: old_tag, mapping: before },
                Form::Discriminator { tag, mapping: after },
            ) => {
                if old_tag != tag {
                    let what = format!("`{old_tag}` said which form it has, `{tag}` says it now");
                    return self.tell(what, false, false);
                }
                self.once(old, new, |walk| walk.mappings(tag, before, after));
            }
            (Form::Enum(before), Form::Enum(after)) => self.words(before, after),
            (before, after) if before == after => {}
            (before, after) => {
                // Only a form that is exact refuses numbers with a fraction; none are promised.
                let what = match (old.expected(), new.expected()) {
                    (was, is) if was == is => "is told in another form".to_owned(),
                    (was, is) => format!("was {was}, is {is}"),
                };
                self.tell(what, scalar::reads(after, before), scalar::reads(before, after));
            }
        }
    }

    /// Compares parts unless these two were met before.
    fn once(&mut self, old: &Node, new: &Node, compare: impl FnOnce(&mut Self)) {
        if self.seen.insert((old, new)) {
            compare(self);
        }
    }

    fn mappings(
        &mut self,
        tag: &str,
        before: &'s BTreeMap<String, Node>,
        after: &'s BTreeMap<String, Node>,
    ) {
        for (name, node) in before {
            match after.get(name) {
                Some(now) => {
                    self.under(format!("{tag}={name}"), |walk| walk.nodes(node, now));
                }
                None => self.tell(format!("has no form `{name}` any more"), false, true),
            }
        }
        for name in after.keys().filter(|name| !before.contains_key(*name)) {
            self.tell(format!("has a new form `{name}`"), true, false);
        }
    }

    fn words(&mut self, before: &[String], after: &[String]) {
        for word in before.iter().filter(|word| !after.contains(word)) {
            self.tell(format!("has no value `{word}` any more"), false, true);
        }
        for word in after.iter().filter(|word| !before.contains(word)) {
            self.tell(format!("has a new value `{word}`"), true, false);
        }
    }

    fn properties(&mut self, old: &'s Properties, new: &'s Properties) {
        match (old.additional, new.additional) {
            (false, true) => self.tell("may have names that are not declared now", true, false),
            (true, false) => {
                self.tell("must not have names that are not declared any more", false, true);
            }
            _ => {}
        }
        for name in old.names() {
            let Some(before) = old.get(name) else { continue };
            let was_required = old.required.contains_key(name);
            let Some(after) = new.get(name) else {
                let what = if was_required {
                    "the field is gone; it was required"
                } else {
                    "the field is gone; it was optional"
                };
                self.under(name, |walk| walk.tell(what, new.additional, !was_required));
                continue;
            };
            let is_required = new.required.contains_key(name);
            self.under(name, |walk| {
                match (was_required, is_required) {
                    (true, false) => walk.tell("was required, is optional", true, false),
                    (false, true) => walk.tell("was optional, is required", false, true),
                    _ => {}
                }
                walk.nodes(before, after);
            });
        }
        for name in new.names().filter(|name| old.get(name).is_none()) {
            let is_required = new.required.contains_key(name);
            let what = if is_required { "a new field, required" } else { "a new field, optional" };
            self.under(name, |walk| walk.tell(what, !is_required, old.additional));
        }
    }
}
