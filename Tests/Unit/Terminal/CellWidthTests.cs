using Cmud.App.Play;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

public class CellWidthTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("(mining) > ", 11)]
    [InlineData("caf\u00E9", 4)]
    [InlineData("cafe\u0301", 4)]
    [InlineData("\u4E2D\u6587", 4)]
    [InlineData("\uFF21", 2)]
    [InlineData("\U0001F600", 2)]
    [InlineData("\U0001F469\u200D\U0001F4BB", 2)]
    [InlineData("\U0001F44D\U0001F3FD", 2)]
    [InlineData("\u2588\u2591", 2)]
    public void A_text_takes_so_many_columns(string text, int expected) => Assert.Equal(expected, CellWidth.Of(text));

    [Theory]
    [InlineData("", 10, 0, 0)]
    [InlineData("abcd", 10, 0, 4)]
    // A full row: the cursor is on the next.
    [InlineData("abcdefghij", 10, 1, 0)]
    [InlineData("abcdefghijk", 10, 1, 1)]
    [InlineData("abcdefghijabcdefghij", 10, 2, 0)]
    // A wide character is not cut in two.
    [InlineData("abcdefghi\u4E2D", 10, 1, 2)]
    [InlineData("abcdefgh\u4E2D", 10, 1, 0)]
    [InlineData("\u4E2D\u4E2D", 1, 2, 0)]
    public void A_text_ends_at_a_row_and_column(string text, int columns, int row, int column) =>
        Assert.Equal((row, column), CellWidth.Place(text, columns));
}
