import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.storage.keys import partition_key

names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=120
).filter(lambda name: name not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=5).map("/".join)


def readable(key: str) -> str:
    return key.rpartition("-")[0]


def test_a_key_is_readable() -> None:
    assert re.fullmatch(r"holiday-beach_2-[0-9a-f]{8}", partition_key("holiday/beach_2.jpg"))


def test_letters_of_all_scripts_are_kept() -> None:
    assert readable(partition_key("사진 1.jpg")) == "사진-1"
    assert readable(partition_key("été à Žilina.png")) == "été-à-Žilina"
    assert readable(partition_key("हिन्दी.png")) == "हिन्दी"


def test_paths_that_look_alike_have_different_keys() -> None:
    alike = ["a/b.jpg", "a_b.jpg", "a-b.jpg", "a b.jpg", "a/b.png", "A/b.jpg", "a/b.jpg.jpg"]
    assert len({partition_key(path) for path in alike}) == len(alike)


def test_composed_and_decomposed_names_look_alike_but_have_different_keys() -> None:
    composed, decomposed = (unicodedata.normalize(form, "café.jpg") for form in ("NFC", "NFD"))
    assert readable(partition_key(composed)) == readable(partition_key(decomposed)) == "café"
    assert partition_key(composed) != partition_key(decomposed)


def test_a_name_without_a_letter_still_has_a_key() -> None:
    assert readable(partition_key("…/🎉.jpg")) == "photo"


def test_a_long_path_keeps_its_end() -> None:
    key = partition_key("a" * 300 + "/cat.jpg")
    assert readable(key).endswith("-cat") and len(key.encode()) <= 150


@given(paths)
def test_a_key_is_valid_in_file_names_urls_and_dagster(path: str) -> None:
    key = partition_key(path)
    assert 0 < len(key.encode()) <= 150
    assert key[0] not in ".-"
    assert "..." not in key and "/" not in key
    assert not any(unicodedata.category(character)[0] in "CZ" for character in key)
    assert not set(key) & set('\\?#%&:*"<>|,')
    assert unicodedata.normalize("NFC", key) == key
    assert partition_key(path) == key


@given(st.sets(paths, min_size=2, max_size=20))
def test_different_paths_have_different_keys(several: set[str]) -> None:
    assert len({partition_key(path) for path in several}) == len(several)
