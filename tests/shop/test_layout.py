"""Plans of any shape on the grid of half seats."""

from hypothesis import given
from hypothesis import strategies as st

from bookingapp.catalogue.plans import Place
from bookingapp.shop.layout import Row, lay_out


def plan(*rows: str, category: int = 1) -> list[Place]:
    """Rows as text: # a seat of the main category, b of another, a dot half a seat of floor."""
    places: list[Place] = []
    for line, row in enumerate(rows):
        x = number = 0
        for sign in row:
            if sign == ".":
                x += 1
                continue
            number += 1
            letter = "ABCDEFGHIJKL"[line]
            kind = 2 if sign == "b" else category
            places.append(
                Place(
                    len(places), f"{letter}{number}", letter, number, x, 2 * line, kind, "standard"
                )
            )
            x += 2
    return places


def rows_of(places: list[Place]) -> list[Row]:
    return [row for block in lay_out(places).blocks for row in block.rows]


def test_seats_start_at_their_half_column_counted_from_one() -> None:
    [row] = rows_of(plan("...##.#"))
    assert [x for _, x in row.seats] == [3, 5, 8]  # two half columns before them for the letter


def test_the_letter_stands_in_the_aisle_nearest_the_middle() -> None:
    [row] = rows_of(plan("#..###..###"))
    assert row.letter_at == 11  # between the two threes, not in the first aisle


def test_without_an_aisle_the_letter_stands_before_the_row() -> None:
    assert [row.letter_at for row in rows_of(plan("....##", "..####"))] == [3, 1]


def test_a_gap_of_half_a_seat_is_no_aisle_for_a_letter() -> None:
    assert rows_of(plan("..##.##"))[0].letter_at == 1


def test_a_row_from_wall_to_wall_has_its_letter_outside() -> None:
    layout = lay_out(plan("###..###", "########"[:7]))
    assert [row.letter_at for row in layout.blocks[0].rows] == [7, None]
    assert layout.columns == 14


def test_an_aisle_across_the_hall_is_a_gap_before_the_next_row() -> None:
    assert [row.gap for row in rows_of(plan("..##", "..##", "", "..##"))] == [False, False, True]


def test_rows_of_one_category_form_a_block_and_a_strange_seat_stays_in_its_row() -> None:
    layout = lay_out(plan("..###", "..##b", "..bbb"))
    assert [(b.category_id, [r.name for r in b.rows]) for b in layout.blocks] == [
        (1, ["A", "B"]),
        (2, ["C"]),
    ]


def test_a_hall_without_seats_is_an_empty_plan() -> None:
    assert lay_out([]).blocks == ()


@given(st.lists(st.text(alphabet="#b..", min_size=1, max_size=30), min_size=1, max_size=12))
def test_every_seat_stands_once_inside_the_plan_and_no_letter_on_a_seat(rows: list[str]) -> None:
    places = plan(*rows)
    layout = lay_out(places)
    drawn = [row for block in layout.blocks for row in block.rows]
    assert sorted(p.name for row in drawn for p, _ in row.seats) == sorted(p.name for p in places)
    for row in drawn:
        taken = {half for _, x in row.seats for half in (x, x + 1)}
        assert min(taken) >= 1
        assert max(taken) <= layout.columns
        if row.letter_at is not None:
            assert not {row.letter_at, row.letter_at + 1} & taken
            assert 1 <= row.letter_at < layout.columns
