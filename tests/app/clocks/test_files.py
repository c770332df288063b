"""Years of a calendar as files."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clocks.calendars import Day, DayKind
from app.clocks.files import BadFile, read_days, write_csv, write_xlsx
from gis.errors import InvalidInput
from tests.make_clocks import calendar, patient

FREE, WORKED = DayKind.HOLIDAY, DayKind.MAKE_UP_WORKING_DAY
EXPECTED = {date(2027, 2, 6): Day(FREE, "春节"), date(2027, 2, 20): Day(WORKED, "春节")}
names = st.text("abc春节, \"'", max_size=12).map(lambda text: " ".join(text.split()))
days_of_2027 = st.dictionaries(
    st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.builds(Day, st.sampled_from(DayKind), names), max_size=20
)


@patient
@given(days_of_2027)
def test_what_is_exported_reads_back_the_same(days: dict[date, Day]) -> None:
    made = calendar().with_year(2027, days)
    assert read_days(write_csv(made, 2027), "a.csv") == dict(sorted(days.items()))
    assert read_days(write_xlsx(made, 2027), "a.XLSX") == dict(sorted(days.items()))


@pytest.mark.parametrize(
    "text",
    [
        "date,kind,name\n2027-02-06,holiday,春节\n2027-02-20,make_up_working_day,春节\n",
        "日期,类型,名称\r\n2027/2/6,休,春节\r\n2027年2月20日,班,春节\r\n",
        "名称;日期;类型\n春节;20270206;放假\n\n春节;2027.2.20;调休上班\n",
        "date\tweekday\tkind\tname\n2027-02-06\tSat\tHoliday\t 春节 \n2027-02-20\tSat\tmake-up working day\t春节\n",
    ],
)
def test_a_table_is_read_whatever_its_words_and_signs(text: str) -> None:
    assert read_days(text.encode(), "days.csv") == EXPECTED
    assert read_days(text.encode("gb18030"), "days.csv") == EXPECTED


def test_days_of_a_workbook_may_be_days_or_texts() -> None:
    book = openpyxl.Workbook()
    for row in (("日期", "类型", "名称"), (datetime(2027, 2, 6), "休", "春节"), ("2027-02-20", "班", "春节")):
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    assert read_days(out.getvalue(), "days.xlsx") == EXPECTED


def test_a_file_with_a_head_alone_has_no_special_day() -> None:
    assert read_days(b"date,kind,name\n", "days.csv") == {}


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.csv", "empty"),
        (b"date,name\n2027-02-06,x\n", "a.csv", "kind"),
        (b"date,kind\n2027-02-30,holiday\n", "a.csv", "Line 2"),
        (b"date,kind\n2027-02-06,holiday\n2027-02-07,perhaps\n", "a.csv", "Line 3"),
        (b"date,kind\n2027-02-06,holiday\n2027-02-06,holiday\n", "a.csv", "twice"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.csv", "neither"),
        (b"no workbook", "a.xlsx", "workbook"),
    ],
)
def test_a_wrong_file_is_refused_whole_with_the_line(data: bytes, name: str, says: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_days(data, name)
    assert (caught.value.code, caught.value.field) == ("clocks.bad_file", "file")
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["=1+1", "@x", "-x", "+x", "x" * 61])
def test_a_name_that_a_spreadsheet_would_run_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_days(f"date,kind,name\n2027-02-06,holiday,{name}\n".encode(), "a.csv")
    assert caught.value.field == "name"
