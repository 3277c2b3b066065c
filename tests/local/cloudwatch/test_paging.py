"""Pages of a list."""

from hypothesis import given
from hypothesis import strategies as st

from infra.local.cloudwatch.paging import page


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_pages_together_are_the_list_and_none_but_the_only_one_is_empty(
    items: list[int], size: int
) -> None:
    pages: list[list[int]] = []
    token: str | None = None
    while True:
        shown, more = page(items, size, token)
        pages.append(shown)
        if not more:
            break
        token = more["NextToken"]
    assert [item for each in pages for item in each] == items
    assert all(pages) or pages == [[]]
    assert all(len(each) == size for each in pages[:-1])
