"""Images as people have them, made here: the repository has none."""

from io import BytesIO

from PIL import Image


def image_bytes(
    format_: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", colour: str = "red", **options: object
) -> bytes:
    file = BytesIO()
    Image.new(mode, size, colour).save(file, format_, **options)
    return file.getvalue()


def noise(side: int, format_: str) -> bytes:
    """A picture that hardly any format makes small."""
    file, grey = BytesIO(), [Image.effect_noise((side, side), 100) for _ in range(3)]
    Image.merge("RGB", grey).save(file, format_, quality=95)
    return file.getvalue()
