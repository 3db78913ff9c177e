import pytest

from ai.prompts import Prompt, WrongValues
from tests.ai.asking import FOLDER


def test_a_prompt_is_a_file_with_a_version():
    prompt = Prompt.load(FOLDER, "read_advert", version=1)

    assert str(prompt) == "read_advert.v1"
    assert prompt.system.startswith("You read adverts of homes")
    assert prompt.fill({"advert": "Nice."}) == "<advert>\nNice.\n</advert>"


def test_what_looks_like_a_place_inside_a_value_stays_as_it_is():
    prompt = Prompt(name="x", version=1, system="s", template="{{first}} {{second}}")

    assert prompt.fill({"first": "{{second}}", "second": "2"}) == "{{second}} 2"


@pytest.mark.parametrize("values", [{}, {"advert": "x", "phone": "y"}, {"text": "x"}])
def test_values_that_are_not_those_of_the_places_are_refused(values):
    with pytest.raises(WrongValues):
        Prompt.load(FOLDER, "read_advert", version=1).fill(values)


def test_a_file_that_is_not_two_parts_is_no_prompt(tmp_path):
    (tmp_path / "one.v1.md").write_text("Only one part.")

    with pytest.raises(ValueError, match="not two parts"):
        Prompt.load(tmp_path, "one", version=1)
