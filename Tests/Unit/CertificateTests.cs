using Cmud.App;
using Cmud.Client;
using Cmud.Grains.Interfaces.Tls;
using Cmud.Silo;
using Cmud.Tests.Acceptance.Harness;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class CertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(Now);
    private readonly List<string> _warnings = [];

    [Fact]
    public void Keys_are_for_their_owner_alone_and_nothing_is_overwritten()
    {
        var set = Make("set");
        var before = File.ReadAllText(set.Server);

        var refused = Assert.Throws<CmudException>(() => Make("set"));

        Assert.Equal((CmudFailure.Refused, before), (refused.Failure, File.ReadAllText(set.Server)));
        Assert.StartsWith($"{set.AuthorityKey} is there already", refused.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows()) return;
        foreach (var key in (string[])[set.AuthorityKey, set.ServerKey, set.ClientKey]) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
    }

    [Fact]
    public async Task The_command_prints_what_uses_them()
    {
        var directory = _directory.In("it's new");

        var (code, output, error) = await Cmud("cert", "init", "--dir", directory, "--host", "10.0.0.1", "--host", "Store.example");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains(", for localhost, 127.0.0.1, ::1, 10.0.0.1, store.example.", output, StringComparison.Ordinal);
        Assert.Contains(" --host 10.0.0.1 ", output, StringComparison.Ordinal);
        Assert.Contains(" --host 0.0.0.0 --advertise store.example:6000 ", output, StringComparison.Ordinal);
        Assert.Contains($@"--tls-key '{_directory.In(@"it'\''s new", "server-key.pem")}'", output, StringComparison.Ordinal);
        Assert.Equal((2, "--host is 'a/b' but must be a name or an IP address, such as store.example.org or 10.0.0.1. Try: cmud --help\n"), await Error("cert", "init", "--dir", "x", "--host", "a/b"));

        async Task<(int, string)> Error(params string[] args) => await Cmud(args) is var (failed, _, said) ? (failed, said) : default;
    }

    [Fact]
    public void A_renewed_certificate_takes_the_place_of_the_old_one_and_a_broken_one_does_not()
    {
        var (old, next) = (Make("old"), Make("new"));
        var holder = new ReloadingCertificate(Files(old), _time, _warnings.Add);
        var first = holder.Current.TargetCertificate.Thumbprint;

        File.Copy(next.Server, old.Server, overwrite: true);
        Assert.Equal(first, holder.Current.TargetCertificate.Thumbprint);
        Assert.Equal(first, holder.Current.TargetCertificate.Thumbprint);
        Assert.StartsWith($"The certificate stays as it was: '{old.ServerKey}' is not the private key of the certificate '{old.Server}'", Assert.Single(_warnings), StringComparison.Ordinal);

        File.Copy(next.ServerKey, old.ServerKey, overwrite: true);
        Assert.NotEqual(first, holder.Current.TargetCertificate.Thumbprint);
        File.Delete(old.Server);
        Assert.NotEqual(first, holder.Current.TargetCertificate.Thumbprint);
        Assert.Equal(2, _warnings.Count);
    }

    [Theory]
    [InlineData(-1, "The certificate in '")]
    [InlineData(366, "The certificate in '")]
    [InlineData(364, null)]
    public void A_certificate_counts_while_it_is_valid(int days, string? refusal)
    {
        var set = Make("set");
        _time.AdjustTime(Now + TimeSpan.FromDays(days));

        var refused = Record.Exception(() => new ReloadingCertificate(Files(set), _time, _warnings.Add));

        if (refusal is null) Assert.Null(refused);
        else Assert.StartsWith(refusal, Assert.IsType<CertificateException>(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_does_not_start_with_files_that_cannot_be_used()
    {
        var (set, other) = (Make("set"), Make("other"));
        File.WriteAllText(_directory.In("broken"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        await Refused(set.Server, other.ServerKey, $"'{other.ServerKey}' is not the private key of the certificate '{set.Server}', without a passphrase (");
        await Refused(_directory.In("none"), set.ServerKey, $"'{_directory.In("none")}' cannot be read (");
        await Refused(set.ServerKey, set.ServerKey, $"'{set.ServerKey}' holds no certificate; ");
        await Refused(_directory.In("broken"), set.ServerKey, $"'{_directory.In("broken")}' holds a broken certificate (");
        Assert.Equal((ServerCommand.Refused, $"--tls-key needs --tls-cert beside it; give both, or leave them out for no TLS.{Environment.NewLine}"), await Server("--tls-key", "x"));

        async Task Refused(string certificate, string key, string beginning)
        {
            var (code, error) = await Server("--ephemeral", "--count", "1", "--port", $"{TestPorts.Next(1)}", "--tls-cert", certificate, "--tls-key", key);
            Assert.Equal(ServerCommand.Refused, code);
            Assert.StartsWith(beginning, error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd().Split('\n'));
        }
    }

    public void Dispose() => _directory.Dispose();

    private static CertificateFiles Files(CertificateSet set) => new(set.Server, set.ServerKey);

    private CertificateSet Make(string name)
    {
        var set = new CertificateSet(_directory.In(name));
        set.Make(["localhost"], Now);
        return set;
    }

    private static async Task<(int Code, string Output, string Error)> Cmud(params string[] args)
    {
        using var streams = new Streams(new StringReader(""), new StringWriter(), new StringWriter(), false);
        var code = await new CommandTree(streams, static (_, _) => throw new InvalidOperationException("No server is asked."), static (_, _, _) => Task.FromResult(0), static (_, _, _) => Task.FromResult(0)).RunAsync(args);
        return (code, streams.Out.ToString()!, streams.Error.ToString()!);
    }

    private static async Task<(int Code, string Error)> Server(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return (await new ServerCommand(output, error).Run(args), error.ToString());
    }
}
