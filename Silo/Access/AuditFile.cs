using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Cmud.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cmud.Silo.Access;

/// <summary>Appends to a file what operators did and what clients were refused: a JSON object a line.</summary>
/// <remarks>Refusals beyond <see cref="MaxRefusals"/> a second, and whatever comes faster than the disk takes it, are counted and left out, and a line says how many: nobody waits for this file, and nobody who is turned away fills the disk.</remarks>
/// <param name="path">The file.</param>
/// <param name="server">The label of the server.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Is told where it cannot be written.</param>
internal sealed class AuditFile(string path, string server, TimeProvider time, ILogger<AuditFile> logger) : BackgroundService, IAuditTrail
{
    /// <summary>Most events that wait: at some 300 bytes each, 3 MB.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Channel<Line> _waiting = Channel.CreateBounded<Line>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    /// <summary>Most refusals that are written in a second: who is turned away must not be able to fill the disk.</summary>
    private const int MaxRefusals = 100;

    private long _leftOut;
    private long _second;
    private int _refusals;

    /// <inheritdoc/>
    public void Add(AuditEvent one)
    {
        if ((one.IsRefused && IsTooMuch()) || !_waiting.Writer.TryWrite(Of(one))) Interlocked.Increment(ref _leftOut);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        if (ExecuteTask is { } writing) await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>Null where a file can be appended to, else one sentence why not.</summary>
    public static string? Refuse(string path)
    {
        try
        {
            using var file = Open(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"--audit '{path}' cannot be appended to ({e.Message.TrimEnd('.')}); make its directory, or name another file.";
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var file = Open(path);
        var isFailing = false;
        await foreach (var line in _waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                if (Interlocked.Read(ref _leftOut) is > 0 and var count)
                {
                    Write(file, Of(new("audit", IsRefused: true) { Reason = $"{count} events came faster than they could be written, or could not be, and were left out." }));
                    Interlocked.Add(ref _leftOut, -count);
                }

                Write(file, line);
                isFailing = false;
            }
            catch (IOException e)
            {
                // A full disk, say. The server goes on, and says so once.
                Interlocked.Increment(ref _leftOut);
                if (!isFailing) logger.LogError("The audit file {File} cannot be written ({Reason}); what happens meanwhile is counted, and left out.", path, e.Message);
                isFailing = true;
            }
        }
    }

    /// <summary>Without a buffer: a line is there when it was written, and what could not be written does not come later.</summary>
    private static FileStream Open(string path) => new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    private static void Write(FileStream file, Line line) => file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, LineContext.Default.Line), (byte)'\n']);

    private bool IsTooMuch()
    {
        var second = time.GetUtcNow().ToUnixTimeSeconds();
        if (Interlocked.Exchange(ref _second, second) != second) Volatile.Write(ref _refusals, 0);
        return Interlocked.Increment(ref _refusals) > MaxRefusals;
    }

    private Line Of(AuditEvent one) => new(time.GetUtcNow(), server, one.Action, one.IsRefused, one.Token, one.Subject, one.Client, one.Target, one.Reason);

    /// <summary>A line of the file.</summary>
    internal sealed record Line(DateTimeOffset Time, string Server, string Action, bool Refused, string? Token, string? Subject, string? Client, string? Target, string? Reason);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditFile.Line))]
internal sealed partial class LineContext : JsonSerializerContext;
