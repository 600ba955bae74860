"""The company's template: its size, masters, typefaces and layouts hold; a wrong file is a sentence."""

import io

import pytest
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Inches

from kpi.errors import UsageError
from kpi.reports.deck import write_deck
from tests.reports.test_deck import check_layout


def theme_of(presentation):
    return presentation.slide_masters[0].part.part_related_by(RELATIONSHIP_TYPE.THEME)


def make_template(path, *, width, height, slides=1):
    """A template in its own colours and typeface, with slides of its own that must not stay."""
    presentation = Presentation()
    across, down = width / presentation.slide_width, height / presentation.slide_height
    presentation.slide_width, presentation.slide_height = width, height
    master = presentation.slide_masters[0]
    for place in (master, *master.slide_layouts):
        for shape in place.shapes:
            if shape._element.spPr.xfrm is not None:
                box = shape.left, shape.top, shape.width, shape.height
                shape.left, shape.width = int(box[0] * across), int(box[2] * across)
                shape.top, shape.height = int(box[1] * down), int(box[3] * down)
    theme = theme_of(presentation)
    text = theme.blob.decode("utf-8").replace(
        '<a:latin typeface="Calibri"', '<a:latin typeface="Georgia"'
    )
    theme._blob = text.encode("utf-8")
    for number in range(slides):
        slide = presentation.slides.add_slide(presentation.slide_layouts[0])
        slide.shapes.title.text = f"Old slide {number}"
    presentation.save(str(path))
    return path


def drawn(review, template):
    file = io.BytesIO()
    write_deck(review, file, template)
    file.seek(0)
    return Presentation(file)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(Inches(10), Inches(7.5), id="4:3"),
        pytest.param(Inches(13.333), Inches(7.5), id="16:9"),
        pytest.param(Inches(11.69), Inches(8.27), id="A4"),
    ],
)
def test_the_template_holds(agenda, tmp_path, width, height):
    deck = drawn(agenda, make_template(tmp_path / "ours.pptx", width=width, height=height))
    assert (deck.slide_width, deck.slide_height) == (width, height)
    assert "Georgia" in theme_of(deck).blob.decode("utf-8")
    check_layout(deck)
    assert "Old slide 0" not in [s.shapes.title.text_frame.text for s in deck.slides]


def test_layouts_and_typefaces_are_the_templates(agenda, tmp_path):
    template = make_template(tmp_path / "ours.pptx", width=Inches(10), height=Inches(7.5))
    deck = drawn(agenda, template)
    layouts = [slide.slide_layout.name for slide in deck.slides]
    assert layouts[0] == "Title Slide"
    assert set(layouts[1:]) == {"Title Only"}
    for slide in deck.slides:
        assert 'latin typeface="' not in slide._element.xml
        title = slide.shapes.title
        assert "<a:off" not in title._element.spPr.xml  # stands where the layout has it
        assert "slidenum" in slide._element.xml
    cover = [p.text_frame.text for p in deck.slides[0].placeholders]
    assert cover[1].startswith("Nordhafen\nData up to ")


def test_text_takes_the_themes_colours(agenda, tmp_path):
    template = make_template(tmp_path / "ours.pptx", width=Inches(10), height=Inches(7.5))
    slide = drawn(agenda, template).slides[5]
    texts = [s for s in slide.shapes if s.has_text_frame and s != slide.shapes.title]
    colours = {
        run.font.color.theme_color
        for shape in texts
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
        if run.font.color.type is not None
    }
    assert {str(c).split(" ")[0] for c in colours} == {"TEXT_1", "TEXT_2"}


def test_our_own_deck_carries_its_theme(agenda):
    deck = drawn(agenda, None)
    theme = theme_of(deck).blob.decode("utf-8")
    assert 'typeface="Arial"' in theme and "18222D" in theme
    assert deck.slide_width == Inches(13.333)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            b"not a presentation",
            "wrong.pptx cannot be used as a template: it is no PowerPoint file (.pptx). "
            "Save the company's template as .pptx and give that.",
            id="any bytes",
        ),
        pytest.param(
            b"PK\x03\x04 broken",
            "wrong.pptx cannot be used as a template. "
            "The file is damaged: a part of it cannot be read. Save it again.",
            id="a broken package",
        ),
        pytest.param(
            None,
            "The template wrong.pptx cannot be read: No such file or directory. Check its name.",
            id="no file",
        ),
    ],
)
def test_a_wrong_template_is_a_sentence(agenda, tmp_path, content, said):
    path = tmp_path / "wrong.pptx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        write_deck(agenda, io.BytesIO(), path)
    assert str(caught.value) == said
