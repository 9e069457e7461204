using System.Globalization;
using System.Text;
using Cmud.Game;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class StoredTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("hello", "hello")]
    [InlineData("\u001b[2J\u001b]0;title\u0007hi\r\nthere", "[2J]0;titlehi there")]
    [InlineData("\u009b31mred", "31mred")]
    [InlineData("abc\u202edef\u2066g", "abcdefg")]
    [InlineData("a\u200bb\ufeffc\u00add", "abcd")]
    [InlineData("  tabs\t\tand   blanks ", "tabs and blanks")]
    [InlineData("line\u2028para\u2029end", "line para end")]
    [InlineData("\u3164\u2800x\ue000", "x")]
    [InlineData("naïve 漢字 😀", "naïve 漢字 😀")]
    [InlineData("\ud83d!", "!")]
    public void Only_what_can_be_seen_is_left(string? stored, string shown) => Assert.Equal(shown, StoredText.Clean(stored));

    [Fact]
    public void Marks_do_not_pile_up() => Assert.Equal("e\u0301\u0301\u0301!", StoredText.Clean("e" + new string('\u0301', 50) + "!"));

    [Fact]
    public void A_megabyte_is_cut_between_two_characters()
    {
        Assert.Equal("abc…", StoredText.Clean("abcdefgh", 4));
        Assert.Equal("ab…", StoredText.Clean("ab😀cd", 4));
        Assert.True(StoredText.Clean(new string('x', 1 << 20)).Length <= StoredText.LineLength);
    }

    [Fact]
    public void Whatever_is_stored_one_plain_bounded_line_is_shown() =>
        Gen.Select(Gen.String, Gen.Int[1, 40]).Sample(
            (text, length) =>
            {
                var shown = StoredText.Clean(text, length);

                Assert.True(shown.Length <= length);
                foreach (var rune in shown.EnumerateRunes())
                {
                    Assert.NotEqual(Rune.ReplacementChar, rune);
                    Assert.False(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format);
                }
            },
            iter: 5_000);
}
