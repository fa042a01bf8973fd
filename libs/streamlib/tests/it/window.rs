//! Processors that need the main thread, in the event loop of a real window, on a display of its
//! own.
//!
//! The test runs itself once more with that display in its environment: a program may not change
//! its own.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use streamlib::prelude::*;
use streamlib::video::{TestPattern, TestPatternConfig};
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::platform::x11::EventLoopBuilderExtX11;
use winit::window::{Window, WindowId};

/// Set in the run that has a display.
const HAS_DISPLAY: &str = "STREAMLIB_TEST_HAS_DISPLAY";
/// Pictures that are shown.
const PICTURES: u64 = 50;

/// Which thread called the display for each picture, by the picture's number.
#[derive(Debug, Default)]
struct Shown(Mutex<Vec<(i64, ThreadId)>>);

/// Would show pictures in the window: notes which came, and where it was called.
#[processor(name = "test.display", needs(main_thread))]
struct Display {
    #[input]
    video_in: Input<VideoFrame>,
    shown: Option<Arc<Shown>>,
}

impl Processor for Display {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.shown = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let (Some(picture), Some(shown)) = (self.video_in.read()?, &self.shown) {
            let picture = (picture.timestamp_ns(), std::thread::current().id());
            shown.0.lock().unwrap().push(picture);
        }
        Ok(())
    }
}

/// A program with a window, whose loop drives the graph.
struct Program {
    runtime: StreamRuntime,
    window: Option<Window>,
    outcome: Option<GraphOutcome>,
}

impl ApplicationHandler for Program {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.window = Some(event_loop.create_window(Window::default_attributes()).unwrap());
        self.runtime.start().unwrap();
    }

    /// The engine woke the loop.
    fn user_event(&mut self, event_loop: &ActiveEventLoop, (): ()) {
        // Before the start there is nothing to run, after the end nothing any more.
        if matches!(self.runtime.run_on_main(), Ok(false)) {
            self.outcome = Some(self.runtime.wait().unwrap());
            event_loop.exit();
        }
    }

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, _: WindowEvent) {}
}

fn run_program() {
    let shown = Arc::new(Shown::default());
    let runtime = StreamRuntime::builder().with_resource(Arc::clone(&shown)).build().unwrap();
    let config = TestPatternConfig { frames: PICTURES, ..TestPatternConfig::default() };
    let pattern = runtime.add_processor::<TestPattern>(config).unwrap();
    let display = runtime.add_processor::<Display>(NoConfig {}).unwrap();
    runtime.connect(&pattern, &display).unwrap();
    // A test is not called on its program's first thread; X11 does not mind.
    let event_loop = EventLoop::builder().with_any_thread(true).build().unwrap();
    let proxy = event_loop.create_proxy();
    // A loop that has ended needs no waking.
    runtime.set_main_waker(move || proxy.send_event(()).unwrap_or_default());
    let mut program = Program { runtime, window: None, outcome: None };
    event_loop.run_app(&mut program).unwrap();
    assert!(program.window.is_some());
    assert!(!program.outcome.unwrap().failed());
    let shown = shown.0.lock().unwrap();
    assert_eq!(shown.len() as u64, PICTURES);
    assert!(shown.is_sorted_by_key(|(at_ns, _)| *at_ns));
    let here = std::thread::current().id();
    assert!(shown.iter().all(|(_, thread)| *thread == here), "{shown:?}");
}

#[test]
fn main_thread_processors_run_in_the_loop_of_a_window() {
    if std::env::var_os(HAS_DISPLAY).is_some() {
        return run_program();
    }
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is there; `cargo xtask setup` installs it");
    let mut number = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let module = module_path!().split_once("::").map_or("", |(_, module)| module);
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg(format!("{module}::main_thread_processors_run_in_the_loop_of_a_window"))
        .env("DISPLAY", format!(":{}", number.trim()))
        .env(HAS_DISPLAY, "1")
        .env_remove("WAYLAND_DISPLAY")
        .status();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(status.unwrap().success());
}
