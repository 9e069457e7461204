using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;
using Cmud.Silo.Access;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Tokens, their scopes, and what they grant.</summary>
public sealed class AccessTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("get:", "get:")]
    [InlineData("get", "get:")]
    [InlineData("put,get:players/{sub}/", "get,put:players/{sub}/")]
    [InlineData("all:a:b", "get,list,put,delete,watch:a:b")]
    [InlineData("create,append,admin:log/", "create,append,admin:log/")]
    public void A_scope_is_rights_and_a_prefix(string text, string normal)
    {
        Assert.True(Scope.TryParse(text, out var scope, out _));
        Assert.Equal(normal, scope.ToString());
    }

    [Theory]
    [InlineData("", "'' is no right")]
    [InlineData("read:a", "'read' is no right")]
    [InlineData("get,:a", "'' is no right")]
    [InlineData("get:\u0001token/", "control character")]
    public void What_is_no_scope_is_refused_with_a_sentence(string text, string sentence)
    {
        Assert.False(Scope.TryParse(text, out _, out var refusal));
        Assert.Contains(sentence, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_kept_without_its_secret_and_known_by_it()
    {
        var (token, text) = Token.Create("zoe", "acme", [Of("get:a/"), Of("put:players/{sub}/")], Now, TimeSpan.FromHours(1));
        Assert.True(Token.TrySplit(text, out var id, out var secret));
        Assert.Equal((token.Id, 43), (id, secret.Length));

        var kept = token.Pack();
        Assert.DoesNotContain(secret, Door.Decode(kept), StringComparison.Ordinal);
        Assert.True(Token.TryUnpack(id, kept, out var again));
        Assert.Equal(("zoe", "acme", Now, Now + TimeSpan.FromHours(1)), (again.Subject, again.Namespace, again.Created, again.Expires!.Value));
        Assert.Equal(token.Scopes, again.Scopes);
        Assert.True(again.IsSecret(secret));
        Assert.False(again.IsSecret(secret[..^1]));
        Assert.False(again.IsSecret(""));
        Assert.True(again.HasExpired(Now + TimeSpan.FromHours(1)));
        Assert.False(again.HasExpired(Now + TimeSpan.FromMinutes(59)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"sub":"zoe","scopes":["get:"],"hash":"AAAA","created":0}""")]
    [InlineData("""{"sub":"../zoe","scopes":["get:"],"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","created":0}""")]
    [InlineData("""{"sub":"zoe","scopes":[],"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","created":0}""")]
    [InlineData("""{"sub":"zoe","scopes":["fly:"],"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","created":0}""")]
    [InlineData("""{"sub":"zoe","scopes":["get:"],"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","created":9223372036854775807}""")]
    public void What_is_kept_and_is_no_token_grants_nothing(string kept) => Assert.False(Token.TryUnpack("id", Writes.Bytes(kept), out _));

    [Theory]
    [InlineData("no-dot")]
    [InlineData(".secret")]
    [InlineData("id.")]
    [InlineData("a/b.secret")]
    public void What_is_no_token_is_none(string text) => Assert.False(Token.TrySplit(text, out _, out _));

    [Theory]
    [InlineData(Rights.Get, "players/zoe/name", true)]
    [InlineData(Rights.Get, "players/zoe", false)]
    [InlineData(Rights.Get, "players/zoe2/name", false)]
    [InlineData(Rights.Get, "players/zoe/../adam/name", true)]
    [InlineData(Rights.Get, "players/adam/name", false)]
    [InlineData(Rights.Get, "/players/zoe/name", false)]
    [InlineData(Rights.Get, "", false)]
    [InlineData(Rights.List, "", false)]
    [InlineData(Rights.List, "players/", false)]
    [InlineData(Rights.List, "players/zoe/", true)]
    [InlineData(Rights.Delete, "players/zoe/name", false)]
    [InlineData(Rights.Watch, "news/", true)]
    public void A_grant_is_of_the_prefix_to_the_letter(Rights right, string key, bool isGranted)
    {
        var grant = new Grant(Token.Create("zoe", "", [Of("get,list:players/{sub}/"), Of("watch:")], Now, null).Token);
        var denied = Record.Exception(() => grant.Demand(right, Writes.Bytes(key)));

        Assert.Equal(isGranted, denied is null);
        if (denied is not null) Assert.Contains("of zoe has no right to", Assert.IsType<AccessDeniedException>(denied).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_would_part_a_key_are_refused()
    {
        Assert.NotNull(Token.Refuse("zoe/adam", "", [Of("get:")]));
        Assert.NotNull(Token.Refuse("", "", [Of("get:")]));
        Assert.NotNull(Token.Refuse("zoe", "a\u0002b", [Of("get:")]));
        Assert.NotNull(Token.Refuse("zoe", "acme", []));
        Assert.Null(Token.Refuse("zoe", "acme", [Of("get:")]));
    }

    [Fact]
    public void Keys_of_the_system_are_in_no_list_of_clients_and_cannot_be_named()
    {
        var replica = new Replica();
        replica.Merge(new(SystemKeys.Token("id"), Writes.Bytes("kept"), Writes.StampOf(1), 1));
        replica.Merge(new([.. SystemKeys.Namespace("acme"), .. Writes.Bytes("k")], Writes.Bytes("theirs"), Writes.StampOf(2), 2));
        replica.Merge(Writes.Put(" k", "mine", 3));

        Assert.Equal([" k"], replica.List([], null, 10, 0).Page.Select(entry => Door.Decode(entry.Key)));
        Assert.Equal([" k"], replica.List([], [0], 10, 0).Page.Select(entry => Door.Decode(entry.Key)));
        Assert.Single(replica.List(SystemKeys.Namespace("acme"), null, 10, 0).Page);
        Assert.NotNull(Door.RefuseKey(SystemKeys.Token("id")));
        Assert.NotNull(Door.RefusePrefix(SystemKeys.Tokens));
        Assert.NotNull(Door.RefusePrefix(SystemKeys.Namespace("acme")));
        // A gateway may name the keys of a tenant, and what it names within them is held to the same bounds.
        Assert.Null(Door.RefuseGatewayKey([.. SystemKeys.Namespace("acme"), .. Writes.Bytes("k")]));
        Assert.NotNull(Door.RefuseGatewayKey(SystemKeys.Namespace("acme")));
        Assert.NotNull(Door.RefuseGatewayKey([.. SystemKeys.Namespace("acme"), 1]));
        Assert.NotNull(Door.RefuseGatewayKey([.. SystemKeys.Namespace("acme"), .. new byte[1_020].Select(_ => (byte)'k')]));
        Assert.NotNull(Door.RefuseGatewayKey(SystemKeys.Token("id")));
        Assert.NotNull(Door.RefuseGatewayPrefix(SystemKeys.Tokens));
    }

    private static Scope Of(string text) => Scope.TryParse(text, out var scope, out var refusal) ? scope : throw new ArgumentException(refusal);
}
