using System.Text.Json;
using Cmud.Silo.Access;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class AuditFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Who_is_turned_away_a_thousand_times_fills_no_disk_and_what_operators_did_is_all_there()
    {
        var path = _directory.In("audit");
        await using (var stopping = new Running(new(path, "a", _time, NullLogger<AuditFile>.Instance)))
        {
            for (var i = 0; i < 1_000; i++) stopping.File.Add(new("enter", IsRefused: true) { Client = "10.0.0.1:1" });
            for (var i = 0; i < 200; i++) stopping.File.Add(new("token.create", IsRefused: false) { Target = "id" });
        }

        var lines = (await File.ReadAllLinesAsync(path)).Select(static line => JsonDocument.Parse(line).RootElement).ToLookup(static line => line.GetProperty("action").GetString());
        Assert.Equal((100, 200), (lines["enter"].Count(), lines["token.create"].Count()));
        Assert.Contains(" events came faster", lines["audit"].First().GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_ends_nothing()
    {
        await using var full = new Running(new("/dev/full", "a", _time, NullLogger<AuditFile>.Instance));
        for (var i = 0; i < 10; i++) full.File.Add(new("backup", IsRefused: false));

        await full.DisposeAsync();
        Assert.True(full.File.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_refused_with_one_sentence()
    {
        Assert.Null(AuditFile.Refuse(_directory.In("audit")));
        Assert.StartsWith("--audit '/nowhere/at/all' cannot be appended to (", AuditFile.Refuse("/nowhere/at/all"), StringComparison.Ordinal);
        Assert.StartsWith($"--audit '{_directory.Path}' cannot be appended to (", AuditFile.Refuse(_directory.Path), StringComparison.Ordinal);
    }

    /// <summary>An audit file from its start to its end, when all that was added is written.</summary>
    private sealed class Running : IAsyncDisposable
    {
        public Running(AuditFile file)
        {
            File = file;
            file.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        public AuditFile File { get; }

        public async ValueTask DisposeAsync()
        {
            await File.StopAsync(CancellationToken.None);
            File.Dispose();
        }
    }
}
