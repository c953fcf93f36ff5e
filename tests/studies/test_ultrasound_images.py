"""Ultrasound images of every kind of file become the same grey arrays."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, RLELossless

from livercad.errors import InputError
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage
from livercad.studies.ultrasound.reading import read_all, read_header, read_image
from ultrasound_files import region, sector, write_us_dicom


def read(path: Path, frame: int = 1) -> UltrasoundImage:
    return read_image(ListedImage("case", path.name, path, frame))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "I;16"])
def test_a_png_of_any_kind_gives_its_greys(mode: str, tmp_path: Path) -> None:
    grey = sector()
    path = tmp_path / "a.png"
    if mode == "I;16":
        # Twelve bits in sixteen: the highest value becomes white.
        Image.fromarray(grey.astype(np.uint16) * 16).save(path)
        grey = np.round(grey / grey.max() * 255).astype(np.uint8)
    else:
        Image.fromarray(grey).convert(mode).save(path)
    image = read(path)
    assert image.array.dtype == np.uint8 and image.shape == grey.shape
    np.testing.assert_allclose(image.array.astype(int), grey, atol=1)
    assert image.coloured == 0 and image.spacing_mm is None
    assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_transparent_is_black(tmp_path: Path) -> None:
    layers = np.dstack([np.full((8, 8, 3), 200, np.uint8), np.zeros((8, 8, 1), np.uint8)])
    layers[:4, :, 3] = 255
    Image.fromarray(layers).save(tmp_path / "a.png")
    array = read(tmp_path / "a.png").array
    assert (array[:4] == 200).all() and (array[4:] == 0).all()
    Image.fromarray(np.where(array > 0, array, 255)).save(
        tmp_path / "b.png", transparency=255
    )  # one grey stands for it
    np.testing.assert_array_equal(read(tmp_path / "b.png").array, array)


def test_a_jpeg_is_turned_as_exif_says(tmp_path: Path) -> None:
    grey = sector(shape=(64, 96))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90° clockwise
    Image.fromarray(grey).save(tmp_path / "a.jpg", quality=95, exif=exif)
    assert read_header(tmp_path / "a.jpg").shape == (96, 64)
    array = read(tmp_path / "a.jpg").array
    np.testing.assert_allclose(array.astype(int), np.rot90(grey, -1), atol=20)


def test_colours_become_their_brightness_and_are_told(tmp_path: Path) -> None:
    colours = np.repeat(sector()[..., None], 3, axis=2)
    colours[:24, :32] = (255, 0, 0)
    Image.fromarray(colours).save(tmp_path / "a.png")
    image = read(tmp_path / "a.png")
    assert image.coloured == pytest.approx(24 * 32 / (96 * 128))
    assert (image.array[:24, :32] == 76).all()  # .299 · 255, ITU-R BT.601
    np.testing.assert_array_equal(image.array[24:], colours[24:, :, 0])


@pytest.mark.parametrize(
    "kind", ["MONOCHROME2", "MONOCHROME1", "RGB", "jpeg", "colour jpeg", "12 bits", "palette", "JPEG 2000", "RLE"]
)
def test_dicom_of_any_kind_gives_its_greys(kind: str, tmp_path: Path) -> None:
    grey, path, atol = sector(), tmp_path / "a.dcm", 1
    colour = np.repeat(grey[..., None], 3, axis=2)
    if kind == "MONOCHROME1":
        write_us_dicom(path, 255 - grey, PhotometricInterpretation=kind)
    elif kind == "RGB":
        write_us_dicom(path, colour)
    elif kind == "jpeg":
        write_us_dicom(path, grey, jpeg=True)
        atol = 12
    elif kind == "colour jpeg":
        write_us_dicom(path, colour, jpeg=True, PhotometricInterpretation="YBR_FULL_422")
        atol = 12
    elif kind == "12 bits":
        write_us_dicom(path, np.round(grey / 255 * 4095).astype(np.uint16), BitsStored=12, HighBit=11)
    elif kind == "palette":
        table = (np.arange(256, dtype=np.uint16) * 257).tobytes()
        tables = {f"{name}PaletteColorLookupTableData": table for name in ("Red", "Green", "Blue")}
        tables |= {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in ("Red", "Green", "Blue")}
        write_us_dicom(path, grey, PhotometricInterpretation="PALETTE COLOR", **tables)
    elif kind == "JPEG 2000":
        write_us_dicom(path, grey, jpeg=True, codec="JPEG2000")
    else:
        write_us_dicom(path, grey)
        if kind == "RLE":
            data = pydicom.dcmread(path)
            data.compress(RLELossless)
            data.save_as(path)
    image = read(path)
    np.testing.assert_allclose(image.array.astype(int), grey, atol=atol)
    assert image.coloured == 0


def test_red_in_a_colour_jpeg_stays_red(tmp_path: Path) -> None:
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[...] = (220, 20, 20)
    path = write_us_dicom(tmp_path / "a.dcm", colours, jpeg=True, PhotometricInterpretation="YBR_FULL_422")
    image = read(path)
    assert image.coloured == 1
    np.testing.assert_allclose(image.array.astype(int), 80, atol=3)


RED, IN_RED = (220, 20, 20), 80
"""A colour, and its brightness: .299 · 220 + .701 · 20."""


def red_jpeg(kind: str) -> bytes:
    """A JPEG of `RED`: in YCbCr with JFIF's marker, in RGB with Adobe's, or in RGB without any."""
    colours = np.full((32, 32, 3), RED, np.uint8)
    stream = io.BytesIO()
    as_they_are = Image.frombytes("YCbCr", (32, 32), colours.tobytes())
    picture = as_they_are if kind == "bare" else Image.fromarray(colours)
    picture.save(stream, format="JPEG", quality=100, subsampling=0, keep_rgb=kind == "adobe")
    told = stream.getvalue()
    return told[:2] + told[4 + int.from_bytes(told[4:6], "big") :] if kind == "bare" else told


@pytest.mark.parametrize(
    ("kind", "header"), [("jfif", "RGB"), ("bare", "RGB"), ("adobe", "RGB"), ("adobe", "YBR_FULL")]
)
def test_a_colour_jpeg_is_read_by_what_it_says_of_itself(kind: str, header: str, tmp_path: Path) -> None:
    path = write_us_dicom(tmp_path / "a.dcm", np.zeros((32, 32, 3), np.uint8), PhotometricInterpretation=header)
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID, data.NumberOfFrames = JPEGBaseline8Bit, 2
    data.PixelData = encapsulate([red_jpeg(kind)] * 2)
    data["PixelData"].is_undefined_length = True
    data.save_as(path)
    for number in (1, 2):
        image = read(path, number)
        assert image.coloured == 1
        np.testing.assert_allclose(image.array.astype(int), IN_RED, atol=2)


@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_of_bytes_padded_to_words_are_read_as_bytes(bits: int, tmp_path: Path) -> None:
    table = np.arange(256, dtype=np.uint16).tobytes()
    tables = {f"{name}PaletteColorLookupTableData": table for name in ("Red", "Green", "Blue")}
    tables |= {f"{name}PaletteColorLookupTableDescriptor": [256, 0, bits] for name in ("Red", "Green", "Blue")}
    path = write_us_dicom(tmp_path / "a.dcm", sector(), PhotometricInterpretation="PALETTE COLOR", **tables)
    np.testing.assert_array_equal(read(path).array, sector())


@pytest.mark.parametrize(
    "tags",
    [
        {"RescaleSlope": "2", "RescaleIntercept": "0"},
        {"RescaleSlope": "0.5", "RescaleIntercept": "-20"},
        {"RescaleSlope": "2", "RescaleIntercept": "0", "WindowCenter": "255", "WindowWidth": "511"},
        {"VOILUTSequence": 12},
        {"ModalityLUTSequence": 16},
    ],
)
def test_what_is_rescaled_or_looked_up_fills_the_greys_and_no_more(tags: dict[str, Any], tmp_path: Path) -> None:
    for name, bits in tags.items():
        if name.endswith("Sequence"):
            entries = np.round(np.arange(256) / 255 * (2**bits - 1)).astype(int).tolist()
            tags = {name: [table := Dataset()]}
            table.add_new("LUTDescriptor", "US", [256, 0, bits])
            table.add_new("LUTData", "US", entries)
            table.ModalityLUTType = "US"
    grey = sector()
    image = read(write_us_dicom(tmp_path / "a.dcm", grey, **tags))
    np.testing.assert_allclose(image.array.astype(int), grey, atol=1)


def test_colours_of_more_than_8_bits_are_scaled(tmp_path: Path) -> None:
    deep = np.repeat(np.round(sector() / 255 * 4095).astype(np.uint16)[..., None], 3, axis=2)
    image = read(write_us_dicom(tmp_path / "a.dcm", deep, BitsStored=12, HighBit=11))
    np.testing.assert_allclose(image.array.astype(int), sector(), atol=1)


def test_frames_of_a_clip_are_told_apart_and_calibrated(tmp_path: Path) -> None:
    frames = np.stack([sector(seed) for seed in range(3)])
    path = write_us_dicom(tmp_path / "clip", frames, NumberOfFrames=3, SequenceOfUltrasoundRegions=[region(0.05, 0.04)])
    assert read_header(path).frames == 3 and read_header(path).patient == "patient-7"
    for number, frame in enumerate(frames, start=1):
        image = read(path, number)
        np.testing.assert_array_equal(image.array, frame)
        assert image.frame == number
        assert image.spacing_mm == pytest.approx((0.4, 0.5))
    with pytest.raises(InputError, match="3 frames; expected a frame 4"):
        read(path, 4)


def test_pixel_spacing_stands_where_no_region_is_calibrated(tmp_path: Path) -> None:
    path = write_us_dicom(tmp_path / "a.dcm", sector(), PixelSpacing=[0.3, 0.2])
    assert read(path).spacing_mm == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize(
    "name", ["cut.png", "cut.jpg", "empty.png", "text.jpg", "cut.dcm", "odd.dcm", "ct.dcm", "gone.png"]
)
def test_a_damaged_file_is_named_in_one_error_and_stops_no_other(name: str, tmp_path: Path) -> None:
    path, good = tmp_path / name, tmp_path / "good.png"
    Image.fromarray(sector()).save(good)
    if name in ("cut.png", "cut.jpg"):
        Image.fromarray(sector()).save(path)
        path.write_bytes(path.read_bytes()[:400])
    elif name == "cut.dcm":
        write_us_dicom(path, sector())
        path.write_bytes(path.read_bytes()[:-5000])
    elif name == "odd.dcm":  # rows of one byte: pydicom's own error is none of Python's usual ones
        write_us_dicom(path, sector())
        rows = path.read_bytes().index(b"\x28\x00\x10\x00US") + 6
        path.write_bytes(path.read_bytes()[:rows] + b"\x01\x00" + path.read_bytes()[rows + 3 :])
        with pytest.raises(InputError, match=r"odd\.dcm: found a DICOM file that cannot be read"):
            read_header(path)
    elif name == "ct.dcm":
        write_us_dicom(path, sector(), Modality="CT")
    elif name != "gone.png":
        path.write_bytes(b"" if name == "empty.png" else b"no picture")
    listed = [ListedImage("bad", name, path), ListedImage("good", "good.png", good)]
    if name == "ct.dcm":
        with pytest.raises(InputError, match="the modality CT"):
            read_header(path)
        return
    images, problems = read_all(listed)
    assert [image.case for image in images] == ["good"]
    assert [problem.case for problem in problems] == ["bad"]
    assert str(path) in problems[0].reason and "expected" in problems[0].reason


@pytest.mark.parametrize(("shape", "is_refused"), [((2, 8192), False), ((2, 8193), True), ((8193, 2), True)])
def test_an_image_that_is_too_long_is_refused_before_its_pixels_are_read(
    shape: tuple[int, int], is_refused: bool, tmp_path: Path
) -> None:
    array = np.zeros(shape, np.uint8)
    Image.fromarray(array).save(tmp_path / "long.png")
    write_us_dicom(tmp_path / "long.dcm", array)
    for path in (tmp_path / "long.png", tmp_path / "long.dcm"):
        for reader in (read_header, read):
            if is_refused:
                with pytest.raises(InputError, match=rf"{path.name}: found {shape[1]} x {shape[0]} pixels; .*8192"):
                    reader(path)
            else:
                reader(path)
