using System.IO.Pipelines;
using System.Text;
using Cmud.App;
using Cmud.Grains.Interfaces.Tls;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Both sides of a connection, each with certificates of its own.</summary>
public sealed class MutualTlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Who_shows_a_certificate_of_the_CA_is_spoken_with()
    {
        var set = Make("set");

        Assert.Equal(new Talk("said in secret", null, null), await Meet(Server(set), Client(set), "localhost"));
        Assert.Equal(new Talk("said in secret", null, null), await Meet(Server(set), Server(set), "127.0.0.1"));
    }

    [Fact]
    public async Task A_server_whose_certificate_is_for_another_name_is_not_spoken_with()
    {
        var set = Make("set");

        foreach (var host in (string[])["example.org", "10.0.0.1", "127.0.0.2"])
            Assert.Equal("its certificate is not for the name or address that was dialled", (await Meet(Server(set), Client(set), host)).AtClient);
    }

    [Fact]
    public async Task A_client_does_not_pass_for_a_server()
    {
        var set = Make("set");

        var talk = await Meet(Client(set), Client(set), "localhost");

        Assert.Equal(("", "its certificate is not for the name or address that was dialled"), (talk.Heard ?? "", talk.AtClient));
    }

    [Fact]
    public async Task A_foreign_CA_is_trusted_by_neither_side()
    {
        var (set, foreign) = (Make("set"), Make("foreign"));

        var talk = await Meet(Server(set), Client(foreign), "localhost");

        Assert.Equal(new Talk(null, "its certificate is from another CA", "its certificate is from another CA"), talk);
        var mixed = Assert.Throws<CertificateException>(() => Of(set.Authority, foreign.Server, foreign.ServerKey));
        Assert.StartsWith($"The certificate in '{foreign.Server}' is not one of the CA in '{set.Authority}' (", mixed.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private CertificateSet Make(string name)
    {
        var set = new CertificateSet(_directory.In(name));
        set.Make(["localhost", "127.0.0.1"], TimeProvider.System.GetUtcNow());
        return set;
    }

    private static MutualTls Server(CertificateSet set) => Of(set.Authority, set.Server, set.ServerKey);

    private static MutualTls Client(CertificateSet set) => Of(set.Authority, set.Client, set.ClientKey);

    private static MutualTls Of(string authority, string certificate, string key) => new(new(authority, certificate, key), TimeProvider.System);

    /// <summary>Connects two sides; the client says something where it may.</summary>
    private static async Task<Talk> Meet(MutualTls server, MutualTls client, string host)
    {
        var (up, down) = (new Pipe(), new Pipe());
        string? heard = null, atServer = null, atClient = null;
        var serving = End(server.Serve(async context => heard = await Hear(context), (_, reason) => atServer = reason), up.Reader, down.Writer);
        var dialling = End(client.Dial(host, static context => Say(context), reason => atClient = reason), down.Reader, up.Writer);
        await serving.WaitAsync(Patience);
        await Record.ExceptionAsync(() => dialling.WaitAsync(Patience));
        return new(heard, atServer, atClient);
    }

    private static async Task End(ConnectionDelegate side, PipeReader input, PipeWriter output)
    {
        var pipe = new DuplexPipe(input, output);
        await using var context = new DefaultConnectionContext("side", pipe, pipe);
        try
        {
            await side(context);
        }
        finally
        {
            await input.CompleteAsync();
            await output.CompleteAsync();
        }
    }

    private static async Task Say(ConnectionContext context)
    {
        await context.Transport.Output.WriteAsync("said in secret"u8.ToArray());
        await context.Transport.Input.ReadAsync();
    }

    private static async Task<string> Hear(ConnectionContext context)
    {
        var read = await context.Transport.Input.ReadAsync();
        return Encoding.ASCII.GetString(read.Buffer);
    }

    /// <summary>What came of it.</summary>
    private sealed record Talk(string? Heard, string? AtServer, string? AtClient);

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
