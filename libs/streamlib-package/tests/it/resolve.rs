//! Resolution of dependencies, as tables: what there is, what is needed, what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use insta::assert_snapshot;
use proptest::prelude::*;
use semver::Version;
use streamlib_package::resolve::{Candidate, Requirement, ResolveError, Supply, resolve};

/// Packages that can be had, a line each: `name version [at source]: need, need`.
#[derive(Debug, Clone)]
struct Shelf(Vec<(String, Candidate)>);

/// `name range [from source]`.
fn requirement(text: &str) -> Requirement {
    let (text, source) = match text.split_once(" from ") {
        Some((text, source)) => (text, Some(source.parse().expect("a source"))),
        None => (text, None),
    };
    let (name, range) = text.trim().split_once(' ').expect("a name and a range");
    Requirement { name: name.to_owned(), range: range.parse().expect("a range"), source }
}

fn requirements(text: &str) -> Vec<Requirement> {
    text.split(';').filter(|one| !one.trim().is_empty()).map(requirement).collect()
}

fn shelf(text: &str) -> Shelf {
    let line = |line: &str| {
        let (head, needs) = line.split_once(':').expect("a colon");
        let (head, source) = match head.split_once(" at ") {
            Some((head, source)) => (head, Some(source.parse().expect("a source"))),
            None => (head, None),
        };
        let (name, version) = head.trim().split_once(' ').expect("a name and a version");
        let version = version.parse().expect("a version");
        (name.to_owned(), Candidate { version, source, requirements: requirements(needs) })
    };
    Shelf(text.lines().filter(|one| !one.trim().is_empty()).map(line).collect())
}

impl Supply for Shelf {
    type Error = Infallible;

    fn candidates(&mut self, requirement: &Requirement) -> Result<Vec<Candidate>, Infallible> {
        let is_it = |(name, candidate): &&(String, Candidate)| {
            *name == requirement.name && candidate.source == requirement.source
        };
        Ok(self.0.iter().filter(is_it).map(|(_, candidate)| candidate.clone()).collect())
    }
}

/// What is chosen, in the order of loading, or why nothing is.
fn resolved(there: &str, needs: &str, preferred: &[(&str, &str)]) -> String {
    let preferred: BTreeMap<String, Version> =
        preferred.iter().map(|(name, v)| ((*name).to_owned(), v.parse().unwrap())).collect();
    match resolve("app 1.0.0", &requirements(needs), &preferred, &mut shelf(there)) {
        Ok(resolution) => {
            let one = |one: &streamlib_package::resolve::Chosen| match &one.candidate.source {
                Some(source) => format!("{} {} at {source}", one.name, one.candidate.version),
                None => format!("{} {}", one.name, one.candidate.version),
            };
            resolution.packages.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Err(ResolveError::Unresolved(why)) => why.to_string(),
        Err(ResolveError::Supply(never)) => match never {},
    }
}

#[test]
fn what_is_chosen() {
    let check = |there, needs, expected| assert_eq!(resolved(there, needs, &[]), expected);
    check("", "", "");
    check("a 1.0.0:\n a 1.2.0:\n a 2.0.0:", "a ^1", "a 1.2.0");
    check("a 1.0.0:\n a 2.0.0-beta.1:", "a *", "a 1.0.0");
    check("a 2.0.0-beta.1:", "a >=2.0.0-beta.0", "a 2.0.0-beta.1");
    // What is needed comes before who needs it.
    check("a 1.0.0: b ^1\n b 1.0.0: c ^1\n c 1.0.0:", "a ^1", "c 1.0.0, b 1.0.0, a 1.0.0");
    // A diamond: the version that both take.
    check(
        "a 1.0.0: c ^1\n b 1.0.0: c >=1.0, <1.2\n c 1.0.0:\n c 1.1.0:\n c 1.2.0:",
        "a *; b *",
        "c 1.1.0, a 1.0.0, b 1.0.0",
    );
    // A circle.
    check("a 1.0.0: b ^1\n b 1.0.0: a ^1", "a ^1", "b 1.0.0, a 1.0.0");
    check("a 1.0.0: a ^1", "a ^1", "a 1.0.0");
    // Back to an older version of what was chosen first.
    check(
        "a 2.0.0: c ^2\n a 1.0.0: c ^1\n b 1.0.0: c ^1\n c 1.0.0:\n c 2.0.0:",
        "a *; b *",
        "c 1.0.0, a 1.0.0, b 1.0.0",
    );
    // Back over two choices.
    check(
        "a 2.0.0: x ^2\n a 1.0.0: x ^1\n b 2.0.0: y ^2\n b 1.0.0: y ^1\n x 1.0.0: y ^1\n \
         x 2.0.0: y ^2; z ^1\n y 1.0.0:\n y 2.0.0:",
        "a *; b *",
        "y 1.0.0, x 1.0.0, a 1.0.0, b 1.0.0",
    );
}

#[test]
fn places_that_are_named() {
    let check = |there, needs, expected| assert_eq!(resolved(there, needs, &[]), expected);
    check("a 1.0.0:\n a 0.9.0 at ./a:", "a * from ./a", "a 0.9.0 at ./a");
    // Whoever names no place takes what another one names, before and after.
    let there = "a 1.0.0:\n a 0.9.0 at ./a:\n b 1.0.0: a *";
    check(there, "a * from ./a; b *", "a 0.9.0 at ./a, b 1.0.0");
    check(there, "b *; a * from ./a", "a 0.9.0 at ./a, b 1.0.0");
}

#[test]
fn a_lock_wins_where_it_will_do() {
    let there = "a 1.0.0:\n a 1.1.0:\n a 2.0.0:";
    assert_eq!(resolved(there, "a *", &[("a", "1.0.0")]), "a 1.0.0");
    assert_eq!(resolved(there, "a ^2", &[("a", "1.0.0")]), "a 2.0.0");
    assert_eq!(resolved(there, "a *", &[("a", "9.0.0")]), "a 2.0.0");
}

#[test]
fn why_nothing_fits() {
    let explain = |there, needs| resolved(there, needs, &[]);
    assert_snapshot!(explain("", "a ^1"), @"
    the package `a` is not there
      app 1.0.0 needs a ^1
    ");
    assert_snapshot!(explain("a 1.0.0:\n a 1.1.0:", "a ^2"), @"
    no version of `a` will do
      app 1.0.0 needs a ^2
      there is a 1.0.0, 1.1.0
    ");
    assert_snapshot!(explain("a 1.0.0: c ^1\n b 2.0.0: c ^2\n c 1.4.0:\n c 2.0.1:", "a ^1; b ^2"), @"
    no version of `c` will do for all who need it
      a 1.0.0 needs c ^1
      b 2.0.0 needs c ^2
      there is c 1.4.0, 2.0.1
    ");
    assert_snapshot!(explain("a 1.0.0: c ^9\n a 1.1.0: d ^1\n c 1.0.0:", "a *"), @"
    the package `d` is not there
      a 1.1.0 needs d ^1
    and with other versions: no version of `c` will do
      a 1.0.0 needs c ^9
      there is c 1.0.0
    ");
    assert_snapshot!(explain("a 1.0.0 at ./a:\n a 1.0.0 at ./b:\n b 1.0.0: a * from ./b", "a * from ./a; b *"), @"
    no version of `a` will do for all who need it
      app 1.0.0 needs a * from ./a
      b 1.0.0 needs a * from ./b
      there is a 1.0.0 at ./a, 1.0.0 at ./b
    ");
    assert_snapshot!(explain("a 1.0.0 at ./a: \n b 1.0.0: a ^2", "a * from ./a; b *"), @"
    no version of `a` will do for all who need it
      app 1.0.0 needs a * from ./a
      b 1.0.0 needs a ^2
      there is a 1.0.0 at ./a
    ");
}

#[test]
fn a_search_without_end_is_given_up() {
    // Twenty packages of four versions each, and one that nothing of them goes with.
    let mut there = String::new();
    for at in 0..20 {
        for version in 1..5 {
            there += &format!("p{at} {version}.0.0: q ={version}.{at}.0\n");
        }
    }
    let needs: Vec<String> = (0..20).map(|at| format!("p{at} *")).collect();
    for version in 1..5 {
        there += &format!("q {version}.0.0:\n");
    }
    let text = resolved(&there, &needs.join(";"), &[]);
    assert!(text.starts_with("no version of `q` will do"), "{text}");
    assert!(text.ends_with("the search was given up; say narrower ranges of versions"), "{text}");
}

#[test]
fn why_a_package_is_needed() {
    let there = "a 1.0.0: c ^1\n b 1.0.0: c ^1; a *\n c 1.0.0: a *";
    let roots = requirements("a *; b *");
    let found = resolve("app", &roots, &BTreeMap::new(), &mut shelf(there));
    let Ok(resolution) = found else { panic!("resolved") };
    let ways = |name: &str, limit| {
        let ways = resolution.why(&roots, name, limit).into_iter();
        let text = |way: Vec<Requirement>| {
            way.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        ways.map(text).collect::<Vec<_>>()
    };
    assert_eq!(ways("c", 10), ["a c", "b c", "b a c"]);
    assert_eq!(ways("c", 2), ["a c", "b c"]);
    assert_eq!(ways("b", 10), ["b"]);
    assert_eq!(ways("d", 10), [""; 0]);
}

/// All ways to choose a version, or none, of each package, without looking at needs.
fn any_answer(shelf: &Shelf, roots: &[Requirement]) -> bool {
    let names: BTreeSet<&String> = shelf.0.iter().map(|(name, _)| name).collect();
    let mut ways: Vec<BTreeMap<&str, &Candidate>> = vec![BTreeMap::new()];
    for name in names {
        let of_name = shelf.0.iter().filter(|(other, _)| other == name);
        ways = ways
            .into_iter()
            .flat_map(|way| {
                let chosen = of_name.clone().map(|(_, candidate)| {
                    let mut more = way.clone();
                    more.insert(name, candidate);
                    more
                });
                chosen.chain([way.clone()]).collect::<Vec<_>>()
            })
            .collect();
    }
    let met = |way: &BTreeMap<&str, &Candidate>, need: &Requirement| {
        way.get(need.name.as_str()).is_some_and(|one| need.range.matches(&one.version))
    };
    ways.iter().any(|way| {
        let needs = way.values().flat_map(|one| &one.requirements);
        roots.iter().chain(needs).all(|need| met(way, need))
    })
}

proptest! {
    /// There is an answer exactly if trying everything finds one, and it meets every need.
    #[test]
    fn the_search_is_complete_and_sound(
        there in proptest::collection::vec(
            (0..4_u64, 1..4_u64, proptest::collection::vec((0..4_u64, 1..4_u64, 0..3_u8), 0..3)),
            1..9,
        ),
        roots in proptest::collection::vec((0..4_u64, 1..4_u64, 0..3_u8), 1..3),
    ) {
        let need = |(name, version, kind): &(u64, u64, u8)| {
            let range = match kind {
                0 => format!("={version}.0.0"),
                1 => format!(">={version}"),
                _ => format!("<={version}.0.0"),
            };
            requirement(&format!("p{name} {range}"))
        };
        let mut shelf = Shelf(Vec::new());
        let mut seen = BTreeSet::new();
        for (name, version, needs) in &there {
            if seen.insert((name, version)) {
                let candidate = Candidate {
                    version: Version::new(*version, 0, 0),
                    source: None,
                    requirements: needs.iter().map(need).collect(),
                };
                shelf.0.push((format!("p{name}"), candidate));
            }
        }
        let roots: Vec<Requirement> = roots.iter().map(need).collect();
        let found = resolve("app", &roots, &BTreeMap::new(), &mut shelf.clone());
        prop_assert_eq!(found.is_ok(), any_answer(&shelf, &roots));
        let Ok(resolution) = found else { return Ok(()) };
        let needs = resolution.packages.iter().flat_map(|one| &one.candidate.requirements);
        for need in roots.iter().chain(needs) {
            let chosen = resolution.get(&need.name);
            prop_assert!(chosen.is_some_and(|one| need.range.matches(&one.candidate.version)));
        }
        // The order in which the shelf stands does not matter.
        shelf.0.reverse();
        let again = resolve("app", &roots, &BTreeMap::new(), &mut shelf);
        prop_assert_eq!(again.ok(), Some(resolution));
    }
}
