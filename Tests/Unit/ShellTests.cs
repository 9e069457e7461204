using Cmud.App;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

public class ShellTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  Get \t k ", new[] { "Get", "k" })]
    [InlineData("Put k \"two words\"", new[] { "Put", "k", "two words" })]
    [InlineData("Put k \"\"", new[] { "Put", "k", "" })]
    [InlineData("""Put k "a\"b\\c\nd\te\rf\u00e9" """, new[] { "Put", "k", "a\"b\\c\nd\te\rf\u00e9" })]
    // A quote or backslash within a plain word is itself.
    [InlineData("""Put k {"a":"\n"}""", new[] { "Put", "k", """{"a":"\n"}""" })]
    public void A_line_is_split_into_words(string line, string[] expected)
    {
        Assert.Null(ShellWords.Split(line, out var words));
        Assert.Equal(expected, words);
    }

    [Theory]
    [InlineData("Put k \"open", "A quote is not closed.")]
    [InlineData("Put k \"open\\", "escape")]
    [InlineData("""Put k "\x" """, "escape")]
    [InlineData("""Put k "\u12" """, "escape")]
    [InlineData("Put k \"a\"b", "followed by a space")]
    public void A_wrong_line_is_told_in_one_sentence(string line, string expected)
    {
        Assert.Contains(expected, ShellWords.Split(line, out var words), StringComparison.Ordinal);
        Assert.Empty(words);
    }

    [Fact]
    public void What_the_shell_prints_it_reads_back() => Gen.String.Sample(text =>
    {
        var line = TextEscape.Quote(text);

        Assert.DoesNotContain(line, char.IsControl);
        Assert.Null(ShellWords.Split(line, out var words));
        Assert.Equal([text], words);
    });

    [Theory]
    [InlineData("plain [bold]text[/] \u00e9\U0001F600", "plain [bold]text[/] \u00e9\U0001F600")]
    [InlineData("a\tb\nc\rd\\e\"f", @"a\tb\nc\rd\\e""f")]
    [InlineData("\0\u001b[31m\u007f\u009b", @"\u0000\u001B[31m\u007F\u009B")]
    public void What_list_prints_stays_on_its_line(string text, string expected) => Assert.Equal(expected, TextEscape.Escape(text));
}
