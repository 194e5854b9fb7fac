"""The straightforward OpenCV program: reads every frame, keeps five, writes each in four sizes.

opencv.py VIDEO OUT
"""

import os
import sys

import cv2

video, out = sys.argv[1:]
capture = cv2.VideoCapture(video)
last = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) - 1
wanted = {round(k * last / 4): k for k in range(5)}
at = 0
while True:
    more, frame = capture.read()
    if not more:
        break
    if at in wanted:
        place = os.path.join(out, str(wanted[at]))
        os.makedirs(place, exist_ok=True)
        height, width = frame.shape[:2]
        cv2.imwrite(os.path.join(place, "original.png"), frame)
        for size in (640, 320, 160):
            small = cv2.resize(frame, (size, height * size // width), interpolation=cv2.INTER_AREA)
            cv2.imwrite(os.path.join(place, f"{size}.png"), small)
    at += 1
