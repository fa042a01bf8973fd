use super::assets::asset;
use super::drive::play;

#[test]
fn the_film_is_played_whole_and_in_order() {
    let played = play(&asset("bbb.mp4"));
    assert_eq!(played.video.len(), 132);
    assert!(played.order_ns.is_sorted());
    for (number, frame) in (0..).zip(&played.video) {
        assert_eq!(frame.timestamp_ns(), number * 40_000_000);
        assert_eq!(frame.duration_ns(), Some(40_000_000));
    }
    let frames: usize = played.audio.iter().map(|frame| frame.frame_count()).sum();
    assert_eq!((frames, played.audio[0].channels()), (254_976, 6));
}
