using System.Net;
using System.Text;
using Cmud.Replication;
using Cmud.Silo.Http;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Xunit;

namespace Cmud.Tests.Unit.Http;

/// <summary>What stands in the head of a request, as the gateway reads it.</summary>
public sealed class HttpTextTests
{
    [Fact]
    public void A_key_of_any_text_comes_out_of_its_path_as_it_went_in() =>
        Gen.String[1, 40].Where(static key => Door.TryEncode(key, out var utf8) && Door.RefuseKey(utf8) is null).Sample(static key =>
        {
            var target = $"/v1/keys/{Uri.EscapeDataString(key)}";
            var asPath = $"/v1/keys/{Uri.EscapeDataString(key).Replace("%2F", "/", StringComparison.Ordinal)}?ttl=5";

            Assert.Null(KeyPath.Read(target, out var read));
            Assert.Null(KeyPath.Read(asPath, out var again));
            Assert.Equal(key, Encoding.UTF8.GetString(read));
            Assert.Equal(read, again);
        });

    [Theory]
    [InlineData("/v1/keys/town/square", "town/square")]
    [InlineData("/v1/keys/town%2fsquare", "town/square")]
    [InlineData("/v1/keys//a//", "/a//")]
    [InlineData("/V1/%6Beys/a", "a")]
    [InlineData("/v1/keys/a+b%20c", "a+b c")]
    [InlineData("/v1/keys/a%3Fb?c", "a?b")]
    [InlineData("/v1/keys/%25252F", "%252F")]
    [InlineData("/v1/keys/a%2F..%2Fb", "a/../b")]
    [InlineData("http://host:80/v1/keys/a?x", "a")]
    public void The_rest_of_the_path_is_the_key(string target, string key)
    {
        Assert.Null(KeyPath.RefuseDotSegments(target));
        Assert.Null(KeyPath.Read(target, out var read));
        Assert.Equal(key, Encoding.UTF8.GetString(read));
    }

    [Theory]
    [InlineData("/v1/keys/", "The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    [InlineData("/v1/keys", "The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    [InlineData("http://host", "The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    [InlineData("/v1/keys/%ff", "The key '\uFFFD' is not valid UTF-8; encode binary data as text (base64, say).")]
    [InlineData("/v1/keys/%C0%AF", "The key '\uFFFD\uFFFD' is not valid UTF-8; encode binary data as text (base64, say).")]
    [InlineData("/v1/keys/%ED%A0%80", "The key '\uFFFD\uFFFD\uFFFD' is not valid UTF-8; encode binary data as text (base64, say).")]
    [InlineData("/v1/keys/a%00", "The key 'a?' holds the control character U+0000; keys may not hold control characters.")]
    [InlineData("/v1/keys/a%", "The path is not percent-encoded: a % is followed by two hexadecimal digits, and all but ASCII is written so, byte by byte; write % itself as %25.")]
    [InlineData("/v1/keys/a%4", "The path is not percent-encoded: a % is followed by two hexadecimal digits, and all but ASCII is written so, byte by byte; write % itself as %25.")]
    [InlineData("/v1/keys/%zz", "The path is not percent-encoded: a % is followed by two hexadecimal digits, and all but ASCII is written so, byte by byte; write % itself as %25.")]
    [InlineData("/v1/keys/\u00e9", "The path is not percent-encoded: a % is followed by two hexadecimal digits, and all but ASCII is written so, byte by byte; write % itself as %25.")]
    public void A_path_without_a_key_is_a_sentence(string target, string sentence)
    {
        var problem = KeyPath.Read(target, out _);

        Assert.Equal((400, "bad-key", sentence), (problem!.Status, problem.Kind, problem.Detail));
    }

    [Theory]
    [InlineData("/v1/keys/a/../b", "..")]
    [InlineData("/v1/keys/..", "..")]
    [InlineData("/v1/keys/a/./b", ".")]
    [InlineData("/v1/keys/a/%2E%2e/b", "%2E%2e")]
    [InlineData("/v1/keys/a/.%2e?x=1", ".%2e")]
    public void A_segment_that_clients_remove_is_refused(string target, string shown) =>
        Assert.StartsWith($"The path holds the segment '{shown}', which many clients remove before they send it", KeyPath.RefuseDotSegments(target), StringComparison.Ordinal);

    [Theory]
    [InlineData("/v1/keys/a..b/...")]
    [InlineData("/v1/keys?prefix=a/../b")]
    public void Other_dots_are_dots(string target) => Assert.Null(KeyPath.RefuseDotSegments(target));

    [Fact]
    public void The_tag_of_a_write_is_its_whole_stamp()
    {
        var stamp = new Stamp(new(0x0123_4567_89AB_CDEF), new(new(0x0A), 0x0B), 12);

        Assert.Equal("\"0123456789abcdef.000000000000000a.000000000000000b.000c\"", EntityTag.Of(stamp));
    }

    [Fact]
    public void Tags_are_in_the_order_of_the_writes()
    {
        var stamps = Gen.Select(Gen.ULong[0, 3], Gen.ULong[0, 2], Gen.ULong[0, 2], Gen.UShort[0, 300]).Select(static (time, server, life, grain) => new Stamp(new(time), new(new(server), life), grain));

        Gen.Select(stamps, stamps).Sample(static (a, b) => Assert.Equal(Math.Sign(a.CompareTo(b)), Math.Sign(string.CompareOrdinal(EntityTag.Of(a), EntityTag.Of(b)))));
    }

    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("\"b\", W/\"a\"", true)]
    [InlineData("*", true)]
    [InlineData("\"b\"", false)]
    public void A_client_has_what_it_names(string header, bool has)
    {
        Assert.True(EntityTagHeaderValue.TryParseList([header], out var known));
        Assert.Equal(has, EntityTag.IsAmong(known, "\"a\""));
    }

    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("0.5", 500)]
    [InlineData("1500ms", 1_500)]
    [InlineData("2h", 7_200_000)]
    [InlineData("3650d", 315_360_000_000)]
    public void A_time_to_live_is_seconds_or_has_a_unit(string text, long milliseconds)
    {
        Assert.Null(TimeToLiveText.Read(text, out var read));
        Assert.Equal(milliseconds, read.TotalMilliseconds);
    }

    [Theory]
    [InlineData("", "bad-request", "The ttl '' is no time; write seconds, as in 30, or a number and a unit, as in 1500ms, 5m, 2h or 7d.")]
    [InlineData("soon", "bad-request", "The ttl 'soon' is no time; write seconds, as in 30, or a number and a unit, as in 1500ms, 5m, 2h or 7d.")]
    [InlineData("1e3", "bad-request", "The ttl '1e3' is no time; write seconds, as in 30, or a number and a unit, as in 1500ms, 5m, 2h or 7d.")]
    [InlineData("0", "bad-request", "The time to live is 0 ms but must be 1 ms to 3,650 days; delete the key to be rid of it at once.")]
    [InlineData("-1", "bad-request", "The time to live is -1000 ms but must be 1 ms to 3,650 days; delete the key to be rid of it at once.")]
    [InlineData("3651d", "limit", "The time to live is 315446400000 ms but must be 1 ms to 3,650 days; leave it out for a value that stays.")]
    [InlineData("99999999999999999999", "limit", "The time to live is 10000000000000 ms but must be 1 ms to 3,650 days; leave it out for a value that stays.")]
    public void Any_other_is_a_sentence(string text, string kind, string sentence)
    {
        var problem = TimeToLiveText.Read(text, out _)!;

        Assert.Equal((kind, sentence), (problem.Kind, problem.Detail));
    }

    [Fact]
    public void Parameters_are_bytes_and_a_plus_is_a_space()
    {
        Assert.Null(Parameters.Read(new("?a=x+y%2Bz&b=%ff&c="), out var parameters, "a", "b", "c", "d"));

        Assert.Equal("x y+z", parameters.Text("a"));
        Assert.Equal([0xff], parameters["b"]!);
        Assert.Equal([], parameters["c"]!);
        Assert.Null(parameters["d"]);
    }

    [Theory]
    [InlineData("?tll=5", "There is no parameter 'tll' here; there is ttl.")]
    [InlineData("?ttl=5&ttl=6", "The parameter ttl is given more than once; give it once.")]
    [InlineData("?ttl=%", "The parameter ttl is not percent-encoded: a % is followed by two hexadecimal digits, and all but ASCII is written so, byte by byte; write % itself as %25.")]
    public void Parameters_that_nobody_reads_are_refused(string query, string sentence) =>
        Assert.Equal(sentence, Parameters.Read(new(query), out _, "ttl")!.Detail);

    [Theory]
    [InlineData("?limit=0", "page-entries", "The limit is 0 but must be from 1 to 1,000; ask for further pages by after.")]
    [InlineData("?limit=1001", "page-entries", "The limit is 1,001 but must be from 1 to 1,000; ask for further pages by after.")]
    [InlineData("?limit=-1", null, "The limit '-1' is no number; write one from 1 to 1,000, or leave it out.")]
    [InlineData("?prefix=%ff", null, "The prefix '\uFFFD' is not valid UTF-8; encode binary data as text (base64, say).")]
    [InlineData("?after=%0a", null, "The key '?' holds the control character U+000A; keys may not hold control characters.")]
    public void A_List_that_cannot_be_is_a_sentence(string query, string? limit, string sentence)
    {
        var problem = ListEndpoint.Read(new QueryString(query), out _)!;

        Assert.Equal((limit, sentence), (problem.Limit, problem.Detail));
    }

    [Fact]
    public void A_List_asks_for_what_stands_in_its_query()
    {
        Assert.Null(ListEndpoint.Read(new QueryString("?prefix=a%2F&after=a/b+c&limit=1000"), out var list));
        Assert.Equal(("a/", "a/b c", 1_000), (Encoding.UTF8.GetString(list.Prefix), Encoding.UTF8.GetString(list.After!), list.Limit));

        Assert.Null(ListEndpoint.Read(new QueryString("?after="), out var first));
        Assert.Equal((0, null, 0), (first.Prefix.Length, first.After, first.Limit));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.9", true)]
    [InlineData("127.0.0.1", "::1", true)]
    [InlineData("10.0.0.7", "::ffff:10.0.0.7", true)]
    [InlineData("10.0.0.7", "10.0.0.8", false)]
    public void One_machine_has_one_grain(string one, string other, bool isSame) =>
        Assert.Equal(isSame, QueryGrains.IndexFor(IPAddress.Parse(one), 256) == QueryGrains.IndexFor(IPAddress.Parse(other), 256));

    [Fact]
    public void Machines_are_spread_over_the_grains()
    {
        var grains = Enumerable.Range(0, 400).Select(static i => QueryGrains.IndexFor(new IPAddress([10, 0, (byte)(i / 200), (byte)(i % 200)]), 4)).CountBy(static grain => grain).ToArray();

        Assert.Equal(4, grains.Length);
        Assert.All(grains, static grain => Assert.InRange(grain.Value, 50, 150));
    }
}
