using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class DoorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(Door.MaxKeyBytes - 1)]
    [InlineData(Door.MaxKeyBytes)]
    public void A_key_may_be_as_long_as_the_limit(int bytes) => Assert.Null(Door.RefuseKey(Letters(bytes)));

    [Fact]
    public void A_longer_key_is_refused_with_its_length_and_the_limit()
    {
        var refusal = Door.RefuseKey(Letters(Door.MaxKeyBytes + 1));

        Assert.Equal("The key 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' has 1,025 bytes of UTF-8 but at most 1,024 are allowed; use a shorter one.", refusal);
    }

    [Fact]
    public void An_empty_key_is_refused_with_the_limits()
    {
        var refusal = Door.RefuseKey([]);

        Assert.Equal("The key is empty; a key has 1 to 1,024 bytes of UTF-8.", refusal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Door.MaxValueBytes - 1)]
    [InlineData(Door.MaxValueBytes)]
    public void A_value_may_be_empty_and_as_long_as_the_limit(int bytes) => Assert.Null(Door.RefuseValue(Letters(bytes)));

    [Fact]
    public void A_longer_value_is_refused_with_its_length_and_the_limit()
    {
        var refusal = Door.RefuseValue(Letters(Door.MaxValueBytes + 1));

        Assert.Equal("The value has 65,537 bytes of UTF-8 but at most 65,536 (64 KiB) may be stored; split it over several keys.", refusal);
    }

    [Fact]
    public void A_time_to_live_has_two_bounds()
    {
        Assert.Null(Door.RefuseTimeToLive(null));
        Assert.Null(Door.RefuseTimeToLive(TimeSpan.FromMilliseconds(1)));
        Assert.Null(Door.RefuseTimeToLive(TimeSpan.FromDays(3_650)));
        Assert.Equal("The time to live is 0.5 ms but must be 1 ms to 3,650 days; delete the key to be rid of it at once.", Door.RefuseTimeToLive(TimeSpan.FromMilliseconds(0.5)));
        Assert.Equal("The time to live is -1000 ms but must be 1 ms to 3,650 days; delete the key to be rid of it at once.", Door.RefuseTimeToLive(TimeSpan.FromSeconds(-1)));
        Assert.Equal("The time to live is 315360000001 ms but must be 1 ms to 3,650 days; leave it out for a value that stays.", Door.RefuseTimeToLive(TimeSpan.FromDays(3_650) + TimeSpan.FromMilliseconds(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Door.MaxKeyBytes - 1)]
    [InlineData(Door.MaxKeyBytes)]
    public void A_prefix_may_be_empty_and_as_long_as_a_key(int bytes) => Assert.Null(Door.RefusePrefix(Letters(bytes)));

    [Fact]
    public void A_longer_prefix_is_refused_with_its_length_and_the_limit()
    {
        var refusal = Door.RefusePrefix(Letters(Door.MaxKeyBytes + 1));

        Assert.Equal("The prefix 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' has 1,025 bytes of UTF-8 but at most 1,024 are allowed; use a shorter one.", refusal);
    }

    [Fact]
    public void Limits_count_bytes_and_not_characters()
    {
        var characters = new string('é', Door.MaxKeyBytes / 2);

        Assert.Null(Door.RefuseKey(Writes.Bytes(characters)));
        Assert.NotNull(Door.RefuseKey(Writes.Bytes(characters + "é")));
    }

    [Theory]
    [InlineData("\u0000", "U+0000")]
    [InlineData("\u0009", "U+0009")]
    [InlineData("\u000A", "U+000A")]
    [InlineData("\u001B", "U+001B")]
    [InlineData("\u001F", "U+001F")]
    [InlineData("\u007F", "U+007F")]
    [InlineData("\u0080", "U+0080")]
    [InlineData("\u009B", "U+009B")]
    [InlineData("\u009F", "U+009F")]
    public void A_key_with_a_control_character_is_refused_by_its_number_and_shown_without_it(string control, string number)
    {
        var refusal = Door.RefuseKey(Writes.Bytes($"a{control}b"));

        Assert.Equal($"The key 'a?b' holds the control character {number}; keys may not hold control characters.", refusal);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("~")]
    [InlineData("\u00A0")]
    [InlineData("\u00C2\u00BF")]
    [InlineData("\u200F")]
    [InlineData("\u202E")]
    [InlineData("\uFEFF")]
    [InlineData("\uFFFF")]
    [InlineData("\U0001F600")]
    [InlineData("\U0010FFFF")]
    public void A_key_may_hold_any_other_character_also_marks_from_right_to_left(string character) =>
        Assert.Null(Door.RefuseKey(Writes.Bytes($"a{character}b")));

    [Fact]
    public void No_control_character_gets_into_a_key_and_every_other_character_does()
    {
        var wrong = Enumerable.Range(0, 0x11_0000)
            .Where(System.Text.Rune.IsValid)
            .Where(number => (Door.RefuseKey(Writes.Bytes(char.ConvertFromUtf32(number))) is not null) != (number < 0x20 || number is >= 0x7F and <= 0x9F))
            .Select(number => $"U+{number:X4}");

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("\u0000")]
    [InlineData("line\r\nline")]
    [InlineData("\u001B[31m")]
    [InlineData("\u009B")]
    public void A_value_may_hold_control_characters(string value) => Assert.Null(Door.RefuseValue(Writes.Bytes(value)));

    /// <summary>What a lenient decoder takes for text and a strict one must not.</summary>
    public static TheoryData<string, byte[]> NotUtf8 => new()
    {
        { "a continuation without a start", [0x80] },
        { "a start without its continuation", [0x61, 0xC3] },
        { "an overlong slash of two bytes", [0xC0, 0xAF] },
        { "an overlong NUL of two bytes", [0xC0, 0x80] },
        { "an overlong slash of three bytes", [0xE0, 0x80, 0xAF] },
        { "an overlong slash of four bytes", [0xF0, 0x80, 0x80, 0xAF] },
        { "an encoded high surrogate", [0xED, 0xA0, 0x80] },
        { "a surrogate pair of twice three bytes", [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80] },
        { "a number above U+10FFFF", [0xF4, 0x90, 0x80, 0x80] },
        { "a start of five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80] },
        { "0xFF", [0xFF] },
    };

    [Theory]
    [MemberData(nameof(NotUtf8))]
    public void What_is_not_utf_8_is_refused_everywhere(string what, byte[] bytes)
    {
        var refusals = new[] { Door.RefuseKey(bytes), Door.RefusePrefix(bytes), Door.RefuseValue(bytes) };

        Assert.All(refusals, refusal => Assert.True(refusal?.Contains("not valid UTF-8", StringComparison.Ordinal), $"{what}: {refusal}"));
    }

    /// <summary>By number, because an attribute keeps its strings as UTF-8, which half a pair does not survive.</summary>
    [Theory]
    [InlineData(0xD800)]
    [InlineData(0x61, 0xDBFF, 0x62)]
    [InlineData(0xDC00)]
    [InlineData(0xDC00, 0xD800)]
    public void Half_of_a_surrogate_pair_has_no_bytes(params int[] units)
    {
        var text = string.Concat(units.Select(unit => (char)unit));

        var encoded = Door.TryEncode(text, out var utf8);

        Assert.False(encoded);
        Assert.Empty(utf8);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("\u0000")]
    [InlineData("\uFEFFnot a byte order mark")]
    [InlineData("\U0001F600 é \uFFFD \uFFFF")]
    public void Well_formed_text_comes_out_as_it_went_in(string text)
    {
        var encoded = Door.TryEncode(text, out var utf8);

        Assert.True(encoded);
        Assert.Equal(text, Door.Decode(utf8));
    }

    [Fact]
    public void The_sentence_for_half_a_pair_names_what_it_is_in()
    {
        var refusal = Door.RefuseSurrogates("prefix");

        Assert.Equal("The prefix holds a lone surrogate (half of a UTF-16 pair), which has no UTF-8 form; use well-formed text.", refusal);
    }

    [Fact]
    public void A_refused_key_is_shown_without_control_characters_however_long_it_is()
    {
        var refusal = Door.RefuseKey(Writes.Bytes("\u001B]0;title\u0007" + new string('x', Door.MaxKeyBytes)));

        Assert.StartsWith("The key '?]0;title?xxx", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal!, char.IsControl);
    }

    private static byte[] Letters(int count) => Writes.Bytes(new string('x', count));
}
