using System.Net;
using Cmud.App;
using Cmud.Client;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Cluster;
using Xunit;

namespace Cmud.Tests.Faults;

/// <summary>A server as a process with a data directory, that may die and live again, and what its query grains show.</summary>
internal sealed class FaultServer(Place place, int port, string directory, IReadOnlyList<string> keys, History history) : IAsyncDisposable
{
    /// <summary>How long one that is told to stop may take.</summary>
    public static readonly TimeSpan EndTime = TimeSpan.FromSeconds(5);

    private ServerProcess? _process;
    private GrainReader? _reader;
    private int _lives;

    /// <summary>The processor time that its last start took.</summary>
    public TimeSpan StartWork { get; private set; }

    public ServerAddress Address => new(place.Host, port);

    /// <summary>Its id, which the stamps of its writes carry.</summary>
    public ulong Id => _reader!.Id;

    /// <summary>What it has said in this start.</summary>
    public string Output => _process!.Output;

    /// <summary>The memory that its process has, in bytes.</summary>
    public long Memory => _process!.Memory;

    /// <summary>Files and sockets that its process has open.</summary>
    public int Handles => Directory.EnumerateFileSystemEntries($"/proc/{_process!.Id}/fd").Count();

    /// <summary>The bytes of its data directory.</summary>
    public long DataBytes => new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Starts it on its data directory; gives the time until it says that it is ready.</summary>
    public async Task<TimeSpan> StartAsync(params string[] arguments)
    {
        if (_process is not null) await _process.DisposeAsync();
        var began = TimeProvider.System.GetTimestamp();
        _process = await ServerProcess.Start(place, port, ["--data", directory, .. arguments]);
        var took = TimeProvider.System.GetElapsedTime(began);
        StartWork = _process.Worked;
        await OpenAsync();
        return took;
    }

    /// <summary>Its process has begun another life by itself.</summary>
    public async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <summary>Copies its data into a new directory, while it serves.</summary>
    public async Task BackUpAsync(string to)
    {
        await using var operators = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = [Address] });
        await operators.BackupAsync(to);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        await _process!.Kill();
        await CloseAsync();
    }

    /// <summary>SIGTERM; it must end well, in time. Gives the time that it took.</summary>
    public async Task<TimeSpan> TerminateAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await _process!.Terminate(EndTime));
        var took = TimeProvider.System.GetElapsedTime(began);
        await CloseAsync();
        return took;
    }

    public Task FreezeAsync() => _process!.Signal("STOP");

    public Task ThawAsync() => _process!.Signal("CONT");

    /// <summary>Takes its data directory away.</summary>
    public void LoseData() => Directory.Delete(directory, recursive: true);

    /// <summary>Puts a backup in the place of its data.</summary>
    public void Restore(string backup)
    {
        LoseData();
        BackupCopy.Restore(backup, directory);
    }

    /// <inheritdoc cref="GrainReader.LookAsync()"/>
    public async Task<IReadOnlyList<Look>?> LookAsync() => await _reader!.LookAsync();

    /// <inheritdoc cref="GrainReader.UnlistedAsync"/>
    public Task<IReadOnlyList<string>> UnlistedAsync() => _reader!.UnlistedAsync();

    /// <inheritdoc cref="GrainReader.ArrivedAsync"/>
    public Task<IReadOnlyList<Arrived>> ArrivedAsync(int look) => _reader!.ArrivedAsync(look);

    /// <inheritdoc cref="GrainReader.StatusAsync"/>
    public Task<SyncStatus> StatusAsync() => _reader!.StatusAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_process is not null) await _process.DisposeAsync();
    }

    private async Task OpenAsync() => _reader = await GrainReader.OpenAsync(new(IPAddress.Parse(place.Host), port), $"{Address} life {++_lives}", keys, history);

    private async Task CloseAsync()
    {
        if (_reader is not null) await _reader.DisposeAsync();
        _reader = null;
    }
}
