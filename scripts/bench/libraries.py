"""The same five frames in four sizes, by a Python library that decodes in its own process.

libraries.py opencv|pyav|torchcodec|decord VIDEO OUT

opencv reads every frame, as the straightforward program does. The others seek, and decode with one thread.
"""

import os
import sys

import cv2


def opencv(video):
    capture = cv2.VideoCapture(video)
    numbers = wanted(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
    at = 0
    while True:
        more, frame = capture.read()
        if not more:
            break
        if at in numbers:
            yield frame
        at += 1


def pyav(video):
    import av

    with av.open(video) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        rate, start = stream.average_rate, stream.start_time or 0
        count = stream.frames or round(container.duration / 1e6 * rate)
        for number in wanted(count):
            # Half a frame early: the frame is the first from then on.
            time = start + round((number - 0.5) / rate / stream.time_base)
            container.seek(max(time, 0), stream=stream)
            frame = next(f for f in container.decode(stream) if f.pts >= time)
            yield frame.to_ndarray(format="bgr24")


def torchcodec(video):
    from torchcodec.decoders import VideoDecoder

    decoder = VideoDecoder(video, num_ffmpeg_threads=1, dimension_order="NHWC", seek_mode="approximate")
    for number in wanted(len(decoder)):
        yield cv2.cvtColor(decoder[number].numpy(), cv2.COLOR_RGB2BGR)


def decord(video):
    from decord import VideoReader

    reader = VideoReader(video, num_threads=1)
    for number in wanted(len(reader)):
        yield cv2.cvtColor(reader[number].asnumpy(), cv2.COLOR_RGB2BGR)


def wanted(count):
    return [round(k * (count - 1) / 4) for k in range(5)]


library, video, out = sys.argv[1:]
if library != "opencv":
    cv2.setNumThreads(1)
for position, frame in enumerate({"opencv": opencv, "pyav": pyav, "torchcodec": torchcodec, "decord": decord}[library](video)):
    place = os.path.join(out, str(position))
    os.makedirs(place, exist_ok=True)
    height, width = frame.shape[:2]
    cv2.imwrite(os.path.join(place, "original.png"), frame)
    for size in (640, 320, 160):
        small = cv2.resize(frame, (size, height * size // width), interpolation=cv2.INTER_AREA)
        cv2.imwrite(os.path.join(place, f"{size}.png"), small)
