using System.Text;
using Cmud.App.Play;
using Cmud.App.Serve.Telnet;
using Xunit;

namespace Cmud.Tests.Unit.Serve;

/// <summary>The bytes that a player types by telnet, as keys and as lines.</summary>
public class TelnetInputTests
{
    [Theory]
    [InlineData("abc", "a b c")]
    [InlineData("\r\n", "Enter")]
    [InlineData("\r\0a", "Enter a")]
    [InlineData("\r\r\n\n", "Enter Enter Enter")]
    [InlineData("\x7F\b\t", "Backspace Backspace Tab")]
    [InlineData("\x01\x02\x03\x04\x05\x06\x0B\x0C\x0E\x10\x15\x17\x19", "Home Left Interrupt EndOfInput End Right CutToEnd ClearScreen Down Up CutToStart CutWord Yank")]
    [InlineData("\e[A\e[B\e[C\e[D\eOA\eOD", "Up Down Right Left Up Left")]
    [InlineData("\e[1;5C\e[1;3D\eb\ef", "WordRight WordLeft WordLeft WordRight")]
    [InlineData("\e[H\e[F\e[1~\e[4~\e[3~\eOH", "Home End Home End Delete Home")]
    [InlineData("\e\ex", "Escape Escape x")]
    [InlineData("\e\e[A", "Escape Up")]
    [InlineData("\e[99;99;99;99;99;99;99;99~\e[Za", "a")]
    [InlineData("\e[1\ra", "Enter a")]
    [InlineData("\e[200~x\e[201~", "x")]
    [InlineData("\u00e9\u4f60\U0001F600", "\u00e9 \u4f60 \U0001F600")]
    [InlineData("\u0085\u009B", "")]
    [InlineData("\0\x16\x1F", "")]
    public void Bytes_are_keys_wherever_they_are_cut(string typed, string keys)
    {
        var bytes = Encoding.UTF8.GetBytes(typed);

        Assert.Equal(keys, Keys(bytes));
    }

    [Theory]
    [InlineData("\u00e9", new byte[] { 0xE9, (byte)'!' }, "\u00e9 !")]
    [InlineData("a start without its rest", new byte[] { 0xE4, 0xBD, (byte)'x' }, "\u00e4 \u00bd x")]
    [InlineData("bytes that begin nothing", new byte[] { 0x80, 0xBF, 0xC0, 0xF5, 0xFF, (byte)'.' }, "\u00bf \u00c0 \u00f5 \u00ff .")]
    [InlineData("one after the other", new byte[] { 0xE9, 0xC3, 0xA9, 0xE9, (byte)'\r' }, "\u00e9 \u00e9 \u00e9 Enter")]
    [InlineData("half a pair", new byte[] { 0xED, 0xA0, 0x80, (byte)'z' }, "\u00ed \u00a0 z")]
    public void What_is_no_UTF_8_is_taken_for_Latin_1(string what, byte[] bytes, string keys)
    {
        Assert.NotEmpty(what);
        Assert.Equal(keys, Keys(bytes));
    }

    [Fact]
    public void Lines_end_in_any_way_and_are_UTF_8_or_Latin_1_each()
    {
        byte[] typed =
        [
            .. "one\r\n"u8, .. "two\n"u8, .. "three\r\0"u8, .. "four\r"u8, .. "caf\u00e9\r\n"u8, .. "caf"u8, 0xE9, .. "\r\n"u8, .. "\r\n"u8,
            .. "sey\b\x7F"u8, .. "ay h\u00e9\x7F"u8, .. "i\r\n"u8, .. "\e[31m\a\0x\ty\r\n"u8,
        ];

        Assert.Equal(["one", "two", "three", "four", "caf\u00e9", "caf\u00e9", "", "say hi", "[31mx\ty"], Lines(typed));
    }

    [Fact]
    public void A_line_is_cut_where_it_shows_that_it_is_too_long()
    {
        foreach (var one in (string[])["x", "\u00e9", "\u4f60", "\U0001F600"])
        {
            var fits = string.Concat(Enumerable.Repeat(one, LineEditor.MaxLength / one.Length));

            var lines = Lines([.. Encoding.UTF8.GetBytes($"{fits}\n{fits}{one}\n"), .. Enumerable.Repeat((byte)0xE4, 100_000), (byte)'\n', .. "look\n"u8]);

            Assert.Equal(fits, lines[0]);
            Assert.True(lines[1].Length > LineEditor.MaxLength);
            Assert.InRange(lines[2].Length, LineEditor.MaxLength + 1, LineEditor.MaxLength * 3 + 1);
            Assert.Equal("look", lines[3]);
        }
    }

    private static string Keys(byte[] bytes)
    {
        var keys = new List<Key>();
        var parser = new KeyParser(keys.Add);
        foreach (var next in bytes) parser.Take(next);
        return string.Join(' ', keys.Select(static key => key.Kind == KeyKind.Text ? key.Text : $"{key.Kind}"));
    }

    private static List<string> Lines(byte[] bytes)
    {
        var lines = new List<string>();
        var parser = new LineParser(lines.Add);
        foreach (var next in bytes) parser.Take(next);
        return lines;
    }
}
