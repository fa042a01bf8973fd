//! Processes that are killed while they install, and others that install the same meanwhile.
//!
//! The processes are this very program, asked to run one test that does the work.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, getpid, kill_process};
use streamlib_package::{Cache, CachedPackage, Home, Installation, Progress};

use crate::support::{Place, folder, incoming, manifest, pack};

const HOME: &str = "STREAMLIB_TEST_HOME";
const ARCHIVE: &str = "STREAMLIB_TEST_ARCHIVE";
/// After how many steps the process kills itself.
const STEPS: &str = "STREAMLIB_TEST_STEPS";

const ROUNDS: u32 = 100;

/// What the processes do: install an archive, with a line for each step.
#[test]
#[ignore = "run by the other tests of this module, as a process of its own"]
fn child() {
    let Some(home) = env::var_os(HOME) else { return };
    let cache = Cache::of(&Home::at(home));
    let steps: u32 = env::var(STEPS).unwrap().parse().unwrap();
    let mut done = 0;
    let mut step = move || {
        println!("step {done}");
        if done == steps {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
        done += 1;
    };
    step();
    let archive = env::var_os(ARCHIVE).unwrap();
    let held = cache.keep(&incoming(Path::new(&archive)), &mut |_| step()).unwrap();
    step();
    let installation = Installation { asked: true, uses: Vec::new() };
    cache.install(&[(&held, installation)], &mut |_| step()).unwrap();
    step();
}

/// Starts a process that installs, and kills itself after so many steps.
fn start(place: &Place, archive: &Path, steps: u32) -> Child {
    start_by(Command::new(env::current_exe().unwrap()), place, archive, steps)
}

/// The same by a command that runs this program.
fn start_by(mut command: Command, place: &Place, archive: &Path, steps: u32) -> Child {
    command
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .env(HOME, place.home.root())
        .env(ARCHIVE, archive)
        .env(STEPS, steps.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until a process has done so many steps, or has ended.
fn wait_for_steps(child: &mut Child, steps: usize) {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let lines = lines.map(Result::unwrap).filter(|line| line.contains("step "));
    lines.take(steps).for_each(drop);
}

/// Numbers that look random and are the same in every run (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(end)) as u32
    }
}

/// What the cache has it has with all its files, whatever others do meanwhile.
fn check_whole(place: &Place) -> Vec<CachedPackage> {
    let packages = place.cache.list().unwrap();
    for package in &packages {
        assert_eq!(place.cache.verify(package).unwrap(), []);
    }
    packages
}

/// The cache has the package with all its files, or does not have it; while nobody changes it.
fn check(place: &Place) -> bool {
    let packages = check_whole(place);
    let installed = place.cache.versions("com.example.gray").unwrap();
    assert!(packages.len() <= 1 && installed.len() <= packages.len());
    assert_eq!(installed.len(), packages.iter().filter(|one| one.installed.is_some()).count());
    !packages.is_empty()
}

fn archive(place: &Place) -> std::path::PathBuf {
    let large = "0123456789abcdef".repeat(20_000);
    let folder = folder(&[
        ("streamlib.yaml", &manifest("com.example.gray", "1.0.0")),
        ("a/b/c/deep.py", "deep"),
        ("large", &large),
        ("python/gray.py", "import numpy"),
    ]);
    let archive = place.path("gray.slpkg");
    pack(folder.path(), &archive);
    archive
}

/// How many steps an install has.
fn count_steps(place: &Place, archive: &Path) -> u32 {
    let mut steps = 3;
    let mut count = |_: Progress<'_>| steps += 1;
    let held = place.cache.keep(&incoming(archive), &mut count).unwrap();
    let installation = Installation { asked: true, uses: Vec::new() };
    place.cache.install(&[(&held, installation)], &mut count).unwrap();
    let package = held.clone();
    drop(held);
    place.cache.remove(&package).unwrap();
    steps
}

/// The next install is as if nothing had been, and cleans up; and then the package goes.
fn recover(place: &Place, archive: &Path) {
    let held = place.keep(archive).unwrap();
    assert!(check(place));
    assert!(place.temporary().is_empty(), "{:?}", place.temporary());
    let package = held.clone();
    drop(held);
    place.cache.remove(&package).unwrap();
    assert!(!check(place) && place.temporary().is_empty());
}

#[test]
fn an_install_that_is_killed_leaves_the_package_whole_or_absent() {
    let place = Place::new();
    let archive = archive(&place);
    let steps = count_steps(&place, &archive);
    let mut random = Random(0x5eed);
    let (mut absent, mut whole) = (0, 0);
    for round in 0..ROUNDS {
        // Every other round it is killed from outside, some moment after some step.
        let from_outside = round % 2 == 0;
        let step = random.below(steps);
        let mut child = start(&place, &archive, if from_outside { u32::MAX } else { step });
        if from_outside {
            wait_for_steps(&mut child, step as usize);
            (0..random.below(200_000)).for_each(|_| std::hint::spin_loop());
            child.kill().unwrap();
        } else {
            wait_for_steps(&mut child, usize::MAX);
        }
        child.wait().unwrap();
        let count = if check(&place) { &mut whole } else { &mut absent };
        *count += 1;

        recover(&place, &archive);
    }
    assert!(absent > ROUNDS / 4 && whole > ROUNDS / 10, "{absent} absent, {whole} whole");
}

/// Kills an install at each of its calls of one kind, one after the other; `kind` is an expression
/// of `strace`. How many there were.
fn kill_at_each(kind: &str) -> u32 {
    let place = Place::new();
    let archive = archive(&place);
    for number in 1.. {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={kind}")]);
        strace.args(["-e", &format!("inject={kind}:signal=KILL:when={number}")]);
        strace.arg(env::current_exe().unwrap());
        let mut child = start_by(strace, &place, &archive, u32::MAX);
        wait_for_steps(&mut child, usize::MAX);
        let ended = child.wait().unwrap();
        let is_there = check(&place);
        recover(&place, &archive);
        if ended.success() {
            assert!(is_there);
            return number - 1;
        }
        assert_eq!(ended.signal(), Some(9), "strace has to be able to trace a process of its own");
    }
    unreachable!("an install has an end");
}

#[test]
fn an_install_may_be_killed_at_any_call_that_changes_the_disk() {
    assert_eq!(kill_at_each("/^rename"), 2, "the package appears, and then its name");
    assert!(kill_at_each("/^mkdir") > 4);
    assert!(kill_at_each("/^unlink") > 1);
    assert!(kill_at_each("fsync") > 10);
    assert!(kill_at_each("flock") > 4);
    assert!(kill_at_each("openat") > 20);
}

#[test]
fn two_installs_at_once_agree_though_one_is_killed() {
    let place = Place::new();
    let archive = archive(&place);
    let steps = count_steps(&place, &archive);
    let mut random = Random(0xbeef);
    for round in 0..ROUNDS {
        let mut killed = start(&place, &archive, random.below(steps));
        let mut other = start(&place, &archive, u32::MAX);
        wait_for_steps(&mut killed, usize::MAX);
        killed.wait().unwrap();
        check_whole(&place);
        wait_for_steps(&mut other, usize::MAX);
        assert!(other.wait().unwrap().success());
        assert!(check(&place));
        let package = place.cache.find("com.example.gray", &"1".parse().unwrap()).unwrap();
        place.cache.remove(&package).unwrap();
        assert!(!check(&place));
        assert!(place.temporary().is_empty(), "round {round}: {:?}", place.temporary());
    }
}
