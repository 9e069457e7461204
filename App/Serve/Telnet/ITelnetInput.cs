namespace Cmud.App.Serve.Telnet;

/// <summary>Where what a telnet client sends goes, once it is known what kind of client it is.</summary>
internal interface ITelnetInput
{
    /// <summary>Takes a piece. Waits where more waits already than is kept: then the client is not read.</summary>
    ValueTask TakeAsync(TelnetEvent said, CancellationToken cancellationToken);

    /// <summary>Nothing more will come.</summary>
    void Hang();
}
