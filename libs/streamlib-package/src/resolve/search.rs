//! The search: forward with the best version of each package, and back where that does not fit.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use semver::Version;

use super::ResolveError::Supply;
use super::explain::{Conflict, Need, Unresolved};
use super::{Candidate, Chosen, Requirement, Resolution, ResolveError};

/// Most choices that are tried.
const STEPS_MAX: usize = 20_000;
/// Most conflicts that are kept for the explanation.
const CONFLICTS_MAX: usize = 8;

pub(super) struct Search<'s, S: super::Supply> {
    who: &'s str,
    preferred: &'s BTreeMap<String, Version>,
    supply: &'s mut S,
    known: HashMap<Requirement, Rc<[Candidate]>>,
    /// Places that somebody named for a package after it was chosen from elsewhere.
    places: BTreeMap<String, Vec<Requirement>>,
    conflicts: Vec<Conflict>,
    steps: usize,
}

/// A need that is still to be met.
#[derive(Clone)]
struct Open {
    requirement: Requirement,
    by: String,
}

/// A choice that was made, and what can be tried in its place.
struct Decision {
    name: String,
    chosen: Candidate,
    /// Best last.
    others: Vec<Candidate>,
    /// Where the needs stood before the choice.
    next: usize,
    open: usize,
}

impl<'s, S: super::Supply> Search<'s, S> {
    pub(super) fn new(
        who: &'s str,
        preferred: &'s BTreeMap<String, Version>,
        supply: &'s mut S,
    ) -> Self {
        let (known, places) = (HashMap::new(), BTreeMap::new());
        Self { who, preferred, supply, known, places, conflicts: Vec::new(), steps: 0 }
    }

    pub(super) fn run(
        mut self,
        roots: &[Requirement],
    ) -> Result<Resolution, ResolveError<S::Error>> {
        let by_root = |requirement: &Requirement| Open {
            requirement: requirement.clone(),
            by: self.who.to_owned(),
        };
        // Needs are met in order; `next` is the first that is not met yet.
        let mut needs: Vec<Open> = roots.iter().map(by_root).collect();
        let mut next = 0;
        let mut decisions: Vec<Decision> = Vec::new();
        while let Some(Open { requirement, .. }) = needs.get(next) {
            let name = requirement.name.clone();
            let made = decisions.iter().find(|decision| decision.name == name);
            if made.is_some_and(|decision| fits(&decision.chosen, requirement)) {
                next += 1;
                continue;
            }
            let is_made = made.is_some();
            if is_made && self.learn(&requirement.clone()) {
                needs.truncate(roots.len());
                decisions.clear();
                next = 0;
                continue;
            }
            // Needs behind this one are of packages that were chosen as well.
            let mut others = if is_made {
                Vec::new()
            } else {
                self.candidates(&name, &needs).map_err(Supply)?
            };
            match others.pop() {
                Some(chosen) => {
                    let open = needs.len();
                    let decision = Decision { name, chosen, others, next, open };
                    decide(&decision, &mut needs);
                    decisions.push(decision);
                    next += 1;
                }
                None => {
                    let seen = if is_made { next + 1 } else { needs.len() };
                    self.conflict(&name, &needs[..seen]).map_err(Supply)?;
                    self.back(&mut decisions, &mut needs, &mut next)?;
                }
            }
        }
        Ok(in_order(roots, decisions))
    }

    /// Remembers the place that a requirement names; true if it was not known.
    fn learn(&mut self, requirement: &Requirement) -> bool {
        let places = self.places.entry(requirement.name.clone()).or_default();
        let is_new = requirement.source.is_some()
            && !places.iter().any(|known| known.source == requirement.source);
        if is_new {
            places.push(requirement.clone());
        }
        is_new
    }

    /// Takes back the last choice for which there is another.
    fn back(
        &mut self,
        decisions: &mut Vec<Decision>,
        needs: &mut Vec<Open>,
        next: &mut usize,
    ) -> Result<(), ResolveError<S::Error>> {
        self.steps += 1;
        while let Some(mut decision) = decisions.pop() {
            needs.truncate(decision.open);
            *next = decision.next;
            if self.steps > STEPS_MAX {
                break;
            }
            if let Some(chosen) = decision.others.pop() {
                decision.chosen = chosen;
                decide(&decision, needs);
                decisions.push(decision);
                *next += 1;
                return Ok(());
            }
        }
        Err(ResolveError::Unresolved(Unresolved {
            conflicts: std::mem::take(&mut self.conflicts),
            gave_up: self.steps > STEPS_MAX,
        }))
    }

    /// The versions of `name` that all needs take, best last: what is preferred, then what a place
    /// holds that somebody names, then the newest.
    fn candidates(&mut self, name: &str, needs: &[Open]) -> Result<Vec<Candidate>, S::Error> {
        let of_name = |need: &&Open| need.requirement.name == name;
        let wanted: Vec<Requirement> =
            needs.iter().filter(of_name).map(|need| need.requirement.clone()).collect();
        let places = self.places.get(name).cloned().unwrap_or_default();
        let mut candidates: Vec<Candidate> = Vec::new();
        for asked in wanted.iter().chain(&places) {
            for one in self.supplied(asked)?.iter() {
                let fits_all = wanted.iter().all(|requirement| fits(one, requirement));
                if fits_all && !candidates.contains(one) {
                    candidates.push(one.clone());
                }
            }
        }
        let preferred = self.preferred.get(name);
        candidates.sort_by(|a, b| {
            let rank = |one: &Candidate| (preferred == Some(&one.version), one.source.is_some());
            (rank(a), &a.version).cmp(&(rank(b), &b.version))
        });
        Ok(candidates)
    }

    fn supplied(&mut self, requirement: &Requirement) -> Result<Rc<[Candidate]>, S::Error> {
        // What can be had does not depend on the range.
        let range = semver::VersionReq::STAR;
        let key = Requirement { range, ..requirement.clone() };
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let all: Rc<[Candidate]> = self.supply.candidates(requirement)?.into();
        self.known.insert(key, all.clone());
        Ok(all)
    }

    /// Keeps why `name` cannot be chosen, for the explanation.
    fn conflict(&mut self, name: &str, needs: &[Open]) -> Result<(), S::Error> {
        if self.conflicts.len() >= CONFLICTS_MAX {
            return Ok(());
        }
        let of_name = |need: &&Open| need.requirement.name == name;
        let asked: Vec<&Open> = needs.iter().filter(of_name).collect();
        let mut there = Vec::new();
        for need in &asked {
            let all = self.supplied(&need.requirement)?;
            there.extend(all.iter().map(|one| (one.version.clone(), one.source.clone())));
        }
        there.sort_by(|a, b| a.0.cmp(&b.0));
        there.dedup();
        let needs = asked.iter().map(|open| Need {
            by: open.by.clone(),
            range: open.requirement.range.clone(),
            source: open.requirement.source.clone(),
        });
        let conflict = Conflict { name: name.to_owned(), needs: needs.collect(), there };
        if !self.conflicts.contains(&conflict) {
            self.conflicts.push(conflict);
        }
        Ok(())
    }
}

fn fits(candidate: &Candidate, requirement: &Requirement) -> bool {
    let from_there = requirement.source.is_none() || requirement.source == candidate.source;
    from_there && requirement.range.matches(&candidate.version)
}

fn decide(decision: &Decision, needs: &mut Vec<Open>) {
    let by = format!("{} {}", decision.name, decision.chosen.version);
    let open =
        |requirement: &Requirement| Open { requirement: requirement.clone(), by: by.clone() };
    needs.extend(decision.chosen.requirements.iter().map(open));
}

/// Each package behind those that it needs.
fn in_order(roots: &[Requirement], decisions: Vec<Decision>) -> Resolution {
    let mut chosen: BTreeMap<String, Candidate> =
        decisions.into_iter().map(|one| (one.name, one.chosen)).collect();
    let mut resolution = Resolution::default();
    // A package and the position up to which its needs are placed.
    let mut stack: Vec<(String, Candidate, usize)> = Vec::new();
    for root in roots {
        if let Some(candidate) = chosen.remove(&root.name) {
            stack.push((root.name.clone(), candidate, 0));
        }
        while let Some((name, candidate, at)) = stack.pop() {
            match candidate.requirements.get(at) {
                Some(requirement) => {
                    let needed = requirement.name.clone();
                    stack.push((name, candidate, at + 1));
                    if let Some(candidate) = chosen.remove(&needed) {
                        stack.push((needed, candidate, 0));
                    }
                }
                None => resolution.packages.push(Chosen { name, candidate }),
            }
        }
    }
    resolution
}
