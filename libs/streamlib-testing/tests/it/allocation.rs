//! What is counted, and what is not.

use std::hint::black_box;
use std::sync::mpsc::channel;

use streamlib_testing::{CountingAllocator, Error, Report, Watch, exempt};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// `work` makes this many allocations of so many bytes, and so many in exempt calls.
fn check(work: impl FnOnce(), counted: (u64, u64), exempted: (u64, u64)) -> Report {
    let watch = Watch::start(&ALLOCATOR).unwrap();
    work();
    let report = watch.finish();
    assert_eq!((report.allocations(), report.bytes()), counted, "{report}");
    assert_eq!((report.exempt_allocations(), report.exempt_bytes()), exempted, "{report}");
    report
}

fn allocate(bytes: usize) {
    drop(black_box(Vec::<u8>::with_capacity(bytes)));
}

#[test]
fn nothing_is_nothing() {
    let report = check(|| assert_eq!(black_box(1), 1), (0, 0), (0, 0));
    report.assert_none("nothing");
    assert!(report.sites().is_empty());
}

#[test]
fn every_kind_of_allocation_is_counted_and_no_free() {
    check(|| allocate(100), (1, 100), (0, 0));
    check(|| drop(black_box(vec![0_u8; 50])), (1, 50), (0, 0));
    let mut vec = Vec::<u8>::with_capacity(10);
    check(|| black_box(&mut vec).reserve_exact(30), (1, 30), (0, 0));
    check(|| drop(vec), (0, 0), (0, 0));
}

#[test]
fn exempt_calls_are_counted_apart_and_may_nest() {
    let work = || {
        exempt(|| {
            exempt(|| allocate(10));
            allocate(20);
        });
        allocate(3);
    };
    check(work, (1, 3), (2, 30));
}

#[test]
fn an_exempt_call_that_panics_is_left() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    assert!(std::panic::catch_unwind(|| exempt(|| std::panic::panic_any(1))).is_err());
    std::panic::set_hook(hook);
    check(|| allocate(5), (1, 5), (0, 0));
}

#[test]
fn threads_that_were_there_before_are_watched() {
    let (order, orders) = channel::<usize>();
    let (done, told) = channel();
    let run = move || {
        for bytes in orders {
            allocate(bytes);
            done.send(()).unwrap();
        }
    };
    let thread = std::thread::Builder::new().name("other".to_owned()).spawn(run).unwrap();
    // The first message makes what channels and threads need once.
    order.send(1).unwrap();
    told.recv().unwrap();
    let report = check(
        || {
            order.send(77).unwrap();
            told.recv().unwrap();
        },
        (1, 77),
        (0, 0),
    );
    drop(order);
    thread.join().unwrap();
    assert_eq!(report.sites()[0].thread, "other");
}

#[test]
fn a_report_shows_the_place_and_how_often() {
    #[inline(never)]
    fn the_place() {
        allocate(9);
    }
    let report = check(|| (0..3).for_each(|_| black_box(the_place)()), (3, 27), (0, 0));
    let [site] = report.sites() else { panic!("one place: {report}") };
    assert_eq!((site.allocations, site.bytes), (3, 27));
    assert!(site.backtrace.contains("the_place"), "{site:?}");
    let text = report.to_string();
    assert!(text.starts_with("3 allocations of 27 bytes in all, and 0 of 0 bytes where"), "{text}");
    assert!(text.contains("\n\n3 of the first, 27 bytes, on thread `"), "{text}");
}

#[test]
fn more_than_is_kept_is_still_counted() {
    let report = check(|| (0..1000).for_each(|_| allocate(1)), (1000, 1000), (0, 0));
    let kept: u64 = report.sites().iter().map(|site| site.allocations).sum();
    assert!((1..1000).contains(&kept), "{kept}");
}

#[test]
#[should_panic(expected = "the frame path: 1 allocations of 8 bytes in all")]
fn asserting_fails_when_something_was_allocated() {
    check(|| allocate(8), (1, 8), (0, 0)).assert_none("the frame path");
}

#[test]
fn one_watch_at_a_time_and_a_dropped_one_is_over() {
    let watch = Watch::start(&ALLOCATOR).unwrap();
    assert_eq!(Watch::start(&ALLOCATOR).unwrap_err(), Error::AlreadyWatching);
    drop(watch);
    check(|| allocate(2), (1, 2), (0, 0));
}

#[test]
fn a_watch_that_would_see_nothing_does_not_start() {
    static UNUSED: CountingAllocator = CountingAllocator::new();
    assert_eq!(Watch::start(&UNUSED).unwrap_err(), Error::NotInstalled);
    assert_eq!(Watch::start(&UNUSED).unwrap_err(), Error::NotInstalled);
}

#[test]
fn errors_say_what_to_do() {
    assert_eq!(
        Error::NotInstalled.to_string(),
        "the counting allocator sees no allocation because it is not the global allocator of \
         this program; declare it with #[global_allocator] in the test binary"
    );
    assert_eq!(
        Error::AlreadyWatching.to_string(),
        "another watch is running on the same allocator; finish it first, and run tests that \
         watch in processes of their own, as cargo nextest does"
    );
}
